"""Configure logging from a file, as `--log-config` names it."""

from __future__ import annotations

import configparser
import json
import logging
import logging.config
from pathlib import Path
from typing import Any

from pronghorn.cli.errors import USAGE, CommandError

__all__ = ["configure", "configure_granian"]

_YAML = frozenset({".yaml", ".yml"})


def configure(file: Path) -> None:
    """Configure logging in this process, by the rules of uvicorn.

    Args:
        file: A file of `logging.config.dictConfig` in JSON or YAML, by its ending, or one of
            `logging.config.fileConfig` with any other.

    Raises:
        CommandError: The file cannot be read, or `logging` refuses it.
    """
    try:
        if file.suffix == ".json" or file.suffix in _YAML:
            logging.config.dictConfig(_read(file))
        else:
            logging.config.fileConfig(file, disable_existing_loggers=False)
    except CommandError:
        raise
    except (KeyError, RuntimeError, configparser.Error) as error:  # of fileConfig
        raise CommandError(
            f"--log-config {file} is not a configuration of logging: {error}",
            "A file that does not end in .json, .yaml or .yml is read as INI, with the sections\n"
            "[loggers], [handlers] and [formatters] of logging.config.fileConfig.",
            exit_code=USAGE,
        ) from error
    except Exception as error:  # A handler may raise anything, and INI has arguments in Python.
        reasons = [str(error)]
        if error.__cause__ is not None:
            reasons.append(str(error.__cause__))
        raise CommandError(
            f"--log-config {file} is not a configuration of logging: {': '.join(reasons)}",
            "See logging.config.dictConfig in Python's documentation.",
            exit_code=USAGE,
        ) from error


def _read(file: Path) -> dict[str, Any]:
    """Return the content of a JSON or YAML file."""
    text = file.read_text(encoding="utf-8")
    try:
        content = _parse_yaml(text) if file.suffix in _YAML else json.loads(text)
    except ValueError as error:
        kind = "YAML" if file.suffix in _YAML else "JSON"
        raise CommandError(
            f"--log-config {file} is not valid {kind}: {error}", exit_code=USAGE
        ) from error
    if isinstance(content, dict):
        return content
    raise CommandError(
        f"--log-config {file} has a {type(content).__name__}, not a mapping",
        "It begins with version: 1, then has formatters, handlers and loggers.",
        exit_code=USAGE,
    )


def _parse_yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def configure_granian(file: Path, level: str | None) -> None:
    """Configure logging in a process of Granian, which has set its own loggers before.

    Args:
        file: The file that the user named.
        level: The level of Granian's messages; None leaves it to the file.
    """
    messages = logging.getLogger("_granian")
    for logger in (messages, logging.getLogger("granian").getChild("access")):
        for handler in logger.handlers[:]:
            logger.removeHandler(handler)
        logger.propagate = True
    configure(file)
    if level is not None:
        messages.setLevel(level.upper())
