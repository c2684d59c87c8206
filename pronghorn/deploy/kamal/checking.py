"""Find what is wrong for Kamal before anything is touched."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from pronghorn.deploy.config import DeployConfig
from pronghorn.deploy.kamal.settings import (
    PASSWORD,
    find_registry,
)
from pronghorn.deploy.target import Plan
from pronghorn.deploy.tool import find, run

__all__ = ["find_password", "find_problems"]

_OLDEST = 2
_SECONDS = 30.0
_WITH_PORT = re.compile(r"[^:]+:\d+")
_HOST = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:]*"
)
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+(?!\d+$){_LABEL}")


def find_problems(plan: Plan) -> list[str]:
    """Return what is wrong, one sentence each.

    Args:
        plan: The plan.
    """
    config = plan.config
    return [
        *_check_hosts(config),
        *_check_registry(plan),
        *_check_values(plan),
        *_check_times(plan),
        *_check_programs(plan),
    ]


def _check_hosts(config: DeployConfig) -> Iterator[str]:
    kamal = config.kamal
    if not kamal.hosts:
        yield (
            'no server is named: write `hosts = ["203.0.113.10"]` in [tool.pronghorn.deploy.kamal]'
        )
    for setting, hosts in (("hosts", kamal.hosts), ("jobs_hosts", kamal.jobs_hosts or [])):
        for host in dict.fromkeys(hosts):
            if "@" in host:
                yield f"{setting} has {host!r}: the user belongs into ssh_user"
            elif _WITH_PORT.fullmatch(host):
                yield (
                    f"{setting} has {host!r}: Kamal has one port for all, "
                    "`extra = { ssh = { port = 2222 } }`"
                )
            elif not _HOST.fullmatch(host):
                yield f"{setting} has {host!r}, which is neither a name nor an address"
            elif hosts.count(host) > 1:
                yield f"{setting} names {host} twice; for more containers of jobs, set `jobs`"
    if kamal.jobs_hosts and not config.jobs:
        yield "jobs_hosts names servers, but `jobs` is 0: write how many containers run jobs"
    elif len(kamal.jobs_hosts or []) > config.jobs:
        count = len(kamal.jobs_hosts or [])
        yield f"jobs_hosts names {count} servers for {config.jobs} containers of jobs"
    if kamal.domain is not None and not _DOMAIN.fullmatch(kamal.domain):
        yield f"domain has to be a name such as shop.example.com, not {kamal.domain!r}"


def _check_registry(plan: Plan) -> Iterator[str]:
    config = plan.config
    registry = find_registry(config)
    if registry is None and "/" not in config.image:
        yield (
            f"the servers cannot find the image {config.image!r}: write the registry into it, as "
            f'in `image = "registry.example.com/{config.image}"`'
        )
    name = registry or "Docker Hub"
    if not config.kamal.registry_username:
        yield f"registry_username is not set: Kamal logs in at {name} with a user and a password"
    if not find_password(plan):
        yield f"{PASSWORD}, the password at {name}, is neither in the environment nor in --env-file"


def find_password(plan: Plan) -> str | None:
    """Return the password of the registry."""
    return plan.secrets.get(PASSWORD) or os.environ.get(PASSWORD) or None


def _check_values(plan: Plan) -> Iterator[str]:
    for name, value in (*plan.config.env.items(), *plan.secrets.items()):
        if "\n" in value or "\r" in value:
            yield (
                f"{name} has several lines, which Docker's files of variables cannot hold: encode "
                "it, for example with base64"
            )


def _check_times(plan: Plan) -> Iterator[str]:
    config = plan.config
    if plan.timeout != config.timeout:
        yield (
            f"Kamal waits as long as its file says: write `timeout = {plan.timeout:g}` in "
            "[tool.pronghorn.deploy] instead of --timeout"
        )


def _check_programs(plan: Plan) -> Iterator[str]:
    if find("kamal") is None:
        yield "Kamal is not installed: `gem install kamal`, see https://kamal-deploy.org"
    else:
        yield from _check_version(plan)
    if plan.build and find("docker") is None:
        yield "Docker is not installed here, and Kamal builds the image with it"
    if plan.migrate and find("ssh") is None:
        yield "ssh is not installed here, and the hook for migrations needs it"


def _check_version(plan: Plan) -> Iterator[str]:
    finished = run(["kamal", "version"], timeout=_SECONDS, folder=plan.folder)
    found = re.search(r"\b(\d+)\.\d+", finished.out)
    if found is None or not finished.ok:
        yield f"`kamal version` does not work: {plan.hide(finished.reason)}"
    elif int(found[1]) < _OLDEST:
        yield f"Kamal {finished.out.strip()} is too old: 2.0 or newer has the proxy that is used"
