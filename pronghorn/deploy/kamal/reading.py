"""Read what Kamal prints: versions, containers, and why something failed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pronghorn.deploy.config import DeployConfig
from pronghorn.deploy.tool import Finished

__all__ = ["Container", "explain", "read_containers", "read_versions", "strip_colours"]

_HOST = re.compile(r"\s*App Host: (?P<host>\S+)\s*")
_VERSION = re.compile(r"\s*[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\s*")
# Kamal renames a container whose version is started again.
_REPLACED = re.compile(r"_replaced_[0-9a-f]+$")
_LONGEST_REASON = 300
# Kamal paints its lines wherever they go.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Container:
    """A container of the service.

    Attributes:
        host: Its server.
        role: Its role.
        version: The version of its image.
        status: What Docker says of it, such as `Up 3 minutes`.
    """

    host: str
    role: str
    version: str
    status: str

    @property
    def runs(self) -> bool:
        """Whether it is started."""
        return self.status.startswith("Up")


def strip_colours(text: str) -> str:
    """Return a text without the colours of a terminal."""
    return _COLOUR.sub("", text)


def read_versions(text: str) -> dict[str, str | None]:
    """Return the version that runs on each server, as `kamal app version` prints it.

    Returns:
        None for a server on which no version runs.
    """
    versions: dict[str, str | None] = {}
    host = None
    for line in text.splitlines():
        found = _HOST.fullmatch(line)
        if found:
            host = found["host"]
            versions[host] = None
        elif host and versions[host] is None and _VERSION.fullmatch(line):
            versions[host] = line.strip()
    return versions


def read_containers(text: str, config: DeployConfig) -> list[Container]:
    """Return the containers, newest first, as `kamal app containers` and `details` print them.

    Args:
        text: A table of `docker ps` for each server.
        config: The configuration, for the name of the service.
    """
    return list(_read_rows(text, re.compile(rf"{re.escape(config.name)}-([a-z0-9]+)-(\S+)")))


def _read_rows(text: str, name: re.Pattern[str]) -> Iterator[Container]:
    host, status_at, ports_at = "", -1, -1
    for line in text.splitlines():
        found = _HOST.fullmatch(line)
        if found:
            host, status_at = found["host"], -1
        elif line.startswith("CONTAINER ID"):
            status_at, ports_at = line.find("STATUS"), line.find("PORTS")
        elif status_at >= 0 and (named := name.fullmatch((line.split() or [""])[-1])):
            status = line[status_at:ports_at].strip()
            yield Container(host, named[1], _REPLACED.sub("", named[2]), status)


def explain(finished: Finished, config: DeployConfig) -> str:
    """Return one sentence about why a command of Kamal failed.

    Args:
        finished: The command.
        config: The configuration.
    """
    text = f"{finished.out}\n{finished.err}"
    where = re.search(r"[Ee]xception while executing (?:on host|as \S+@)\s*(\S+?):(?:\s|$)", text)
    host = where[1] if where else "a server"
    for pattern, sentence in _SENTENCES:
        found = re.search(pattern, text)
        if found:
            return sentence.format(
                host=host,
                name=found.groupdict().get("name") or "",
                ready=config.ready,
                seconds=f"{config.timeout:g}",
                registry=_name_registry(config),
                reason=_find_reason(finished),
            )
    return _find_reason(finished)


def _name_registry(config: DeployConfig) -> str:
    from pronghorn.deploy.kamal.settings import find_registry

    return find_registry(config) or "Docker Hub"


def _find_reason(finished: Finished) -> str:
    """Return the line that says most, which is the last one that a program wrote to its errors."""
    text = f"{finished.out}\n{finished.err}"
    written = re.findall(r"\bstderr: (?!Nothing written)(.+(?:\n(?!\S+ std|\s*$).+)*)", text)
    reason = written[-1].strip().splitlines()[-1] if written else finished.reason
    return reason.strip()[:_LONGEST_REASON]


#: The first one that fits is the cause: a failed hook may print anything that is below it.
_SENTENCES = [
    (
        r"Deploy lock (?:found|already in place)",
        (
            "another deployment has Kamal's lock; `kamal lock status` says whose, and `kamal lock "
            "release` removes one that was left behind"
        ),
    ),
    (r"Hook `?pre-deploy`? failed", "the migrations failed: {reason}"),
    (r"Hook `?(?P<name>[\w-]+)`? failed", "the hook {name} failed: {reason}"),
    (
        r"target failed to become healthy",
        (
            "the new version on {host} did not answer {ready} with 200 within {seconds} seconds; "
            "`kamal app logs` and `kamal proxy logs` say more"
        ),
    ),
    (
        r"[Cc]ontainer not ready after|container is unhealthy",
        (
            "the new version on {host} was not ready within {seconds} seconds; `kamal app "
            "logs` says "
            "more"
        ),
    ),
    (
        r"Net::SSH::AuthenticationFailed|Authentication failed for user",
        "the server {host} does not accept this user and key by SSH",
    ),
    (r"HostKeyMismatch|fingerprint \S+ does not match", "the SSH key of {host} has changed"),
    (
        (
            r"Net::SSH::ConnectionTimeout|Net::SSH::Disconnect|Errno::E(?:HOSTUNREACH|CONNREFUSED|"
            r"CONNRESET|TIMEDOUT|NETUNREACH|PIPE)|SocketError|getaddrinfo|"
            r"connection closed by remote host|IOError"
        ),
        "the server {host} cannot be reached by SSH",
    ),
    (
        r"docker: (?:command )?not found",
        "Docker is not installed on {host}: run `kamal server bootstrap` once",
    ),
    (
        r"Cannot connect to the Docker daemon|Is the docker daemon running",
        "Docker does not run here or on {host}",
    ),
    (
        (
            r"unauthorized|authentication required|incorrect username or password|"
            r"denied: requested access|access denied|insufficient_scope"
        ),
        "the registry {registry} does not accept the user and the password",
    ),
    (
        r"dial tcp|no such host|TLS handshake timeout|failed to do request|i/o timeout",
        "the registry {registry} cannot be reached",
    ),
    (
        r"manifest unknown|manifest for \S+ not found",
        "the registry {registry} does not have the image",
    ),
    (r"[Nn]o space left on device", "a disk is full, here or on {host}"),
]
