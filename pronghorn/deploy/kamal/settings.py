"""Derive from the configuration what Kamal needs: names, roles, servers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pronghorn.deploy.config import DeployConfig

__all__ = [
    "HOOK",
    "PASSWORD",
    "PERCENT_AT_ONCE",
    "SECRETS",
    "count_groups",
    "describe_ssh",
    "find_registry",
    "list_roles",
    "name_image",
]

PASSWORD = "KAMAL_REGISTRY_PASSWORD"  # noqa: S105 - the name of a variable
"""The variable with the password of the registry."""

SECRETS = ".kamal/secrets"
"""The file in which Kamal looks for secrets; ours has their names only."""

HOOK = ".kamal/hooks/pre-deploy"
"""The program that Kamal runs when the image is on every server and none has started it."""

PERCENT_AT_ONCE = 25
"""Percent of the servers that start a new version at once."""

WEB = "web"
JOBS = "jobs"


def find_registry(config: DeployConfig) -> str | None:
    """Return the host of the registry; None for Docker Hub.

    As Docker reads it, the first part of an image is a host if it has a dot or a colon.
    """
    if config.kamal.registry_server:
        return config.kamal.registry_server
    first, slash, _ = config.image.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost")
    return first if is_host else None


def name_image(config: DeployConfig) -> str:
    """Return the name of the image in its registry, without the host."""
    server = find_registry(config)
    return config.image.removeprefix(f"{server}/") if server else config.image


def list_roles(config: DeployConfig) -> dict[str, list[str]]:
    """Return the servers of each role, `web` first.

    Kamal runs one container of a role on a server. So the containers of jobs are spread over the
    servers, and more of them than servers are further roles: `jobs`, `jobs2` and so on.
    """
    roles = {WEB: list(config.kamal.hosts)}
    servers = config.kamal.jobs_hosts or config.kamal.hosts
    if not servers:
        return roles
    for start in range(0, config.jobs, len(servers)):
        number = start // len(servers) + 1
        name = JOBS if number == 1 else f"{JOBS}{number}"
        roles[name] = list(servers[: config.jobs - start])
    return roles


def list_servers(config: DeployConfig) -> list[str]:
    """Return every server once, those of the application first."""
    return list(dict.fromkeys(host for hosts in list_roles(config).values() for host in hosts))


def count_groups(servers: Sequence[str]) -> int:
    """Return how many groups of servers start a new version one after another."""
    at_once = max(1, len(servers) * PERCENT_AT_ONCE // 100)
    return math.ceil(len(servers) / at_once)


def describe_ssh(config: DeployConfig) -> tuple[str, list[str]]:
    """Return the user on the servers, and the options of ssh(1) for what Kamal does by itself."""
    given = config.kamal.extra.get("ssh")
    ssh = given if isinstance(given, dict) else {}
    options = ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=accept-new"]
    if "port" in ssh:
        options += ["-p", str(ssh["port"])]
    if "proxy" in ssh:
        options += ["-J", str(ssh["proxy"])]
    return str(ssh.get("user") or config.kamal.ssh_user or "root"), options
