"""Make the plan of a deploy from the configuration and from the environment of the command."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pronghorn.cli.discover import AppReference, where
from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.cli.locate import parse_entrypoint, read_entrypoint
from pronghorn.core.setup_errors import did_you_mean
from pronghorn.deploy.config import DeployConfig, read_config
from pronghorn.deploy.target import TARGETS, Plan

__all__ = ["choose_target", "make_plan", "reference_of_app"]

#: What may stand in the place of a target, after `pronghorn deploy`.
_COMMANDS = ("rollback", "status", "logs", "env")
# A tag of an image, no longer than a label of Kubernetes.
_TAG = re.compile(r"\w[\w.-]{0,62}", re.ASCII)


def choose_target(given: str | None, config: DeployConfig) -> str:
    """Return the name of the target.

    Args:
        given: The name on the command line; None for that of the configuration.
        config: The configuration.

    Raises:
        CommandError: There is no such target.
    """
    if given is None:
        return config.target
    if given in TARGETS:
        return given
    close = did_you_mean(given.replace("_", "-"), [*TARGETS, *_COMMANDS])
    hint = f"Did you mean {close}?\n" if close else ""
    hint += f"The targets are {', '.join(TARGETS)}; the commands are {', '.join(_COMMANDS)}."
    raise CommandError(f"There is no target {given!r}", hint, exit_code=USAGE)


def make_plan(
    folder: Path,
    *,
    tag: str | None = None,
    build: bool = True,
    timeout: float | None = None,
) -> Plan:
    """Return a plan for the program of a folder; nothing of the program is imported.

    Args:
        folder: The folder of the project.
        tag: The version; empty if it is not known yet.
        build: Build the image.
        timeout: Seconds in which the new version has to be ready; those of the configuration by
            default.

    Raises:
        CommandError: The tag or the configuration has mistakes, or there is no application.
    """
    if tag is not None and not _TAG.fullmatch(tag):
        hint = "It has letters, digits, dots, hyphens and underscores, and at most 63 of them."
        raise CommandError(f"{tag!r} cannot be the tag of an image", hint, exit_code=USAGE)
    config = read_config(folder)
    reference = reference_of_app(config)
    if config.app is not None:
        parse_entrypoint(config.app, folder, "app in [tool.pronghorn.deploy]")
    module, attribute, _ = where(reference, folder)
    pinned = read_entrypoint(folder) if config.app is None else None
    return Plan(
        config,
        folder,
        tag or "",
        f"{module.name}:{attribute or 'app'}",
        factory=pinned is not None and pinned.factory,
        migrate=bool(config.migrate),
        secrets={name: os.environ[name] for name in config.secrets if os.environ.get(name)},
        build=build,
        timeout=config.timeout if timeout is None else timeout,
    )


def reference_of_app(config: DeployConfig) -> AppReference:
    """Return where the application is, for the functions of the other commands."""
    return AppReference(entrypoint=config.app, as_fastapi=config.as_fastapi)
