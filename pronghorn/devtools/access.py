"""Decide who may see the page: only this machine, unless `dev` listens on another address.

A page of another site must not read it through the developer's browser. Browsers prevent that,
since nothing here allows other origins, except for DNS rebinding, in which the other site points
its own name to this machine. Such a request names that site as its host. So requests are answered
only for hosts that an attacker cannot control: addresses, `localhost`, and names of this machine.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.types import Scope

__all__ = ["Access", "access_for"]

_HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[^:\[\]/@\s]+))(?::\d+)?")


_OF_CLIENTS = (b"x-forwarded-for", b"x-real-ip", b"cf-connecting-ip", b"true-client-ip")
"""Headers in which proxies and tunnels on this machine name the client; they do not all send the
first one."""


@dataclass(frozen=True)
class Access:
    """The conditions under which a request may see the page.

    Attributes:
        only_here: The client must be on this machine.
        names: Host names that the request may use, besides addresses and `localhost`.
    """

    only_here: bool
    names: frozenset[str] = frozenset()

    def refusal(self, scope: Scope) -> str | None:
        """Return the reason why a request may not see the page; None if it may."""
        hosts = list(_values(scope, b"host"))
        if self.only_here:
            hosts += [*_values(scope, b"x-forwarded-host"), *_read_forwarded(scope, "host")]
        if not hosts or not all(self._is_known(host) for host in hosts):
            return "It answers only requests for localhost, an address or a name of this machine."
        if self.only_here and not all(_is_here(client) for client in _clients(scope)):
            return (
                "It answers only this machine. `pronghorn dev --host ADDRESS` opens it to others."
            )
        return None

    def _is_known(self, host: str) -> bool:
        match = _HOST.fullmatch(host.lower())
        if match is None:
            return False
        name = match["six"] or match["name"]
        if name == "localhost" or name.endswith(".localhost") or name in self.names:
            return True
        return _is_here(name) if self.only_here else _address(name) is not None


def access_for(host: str, public_url: str = "") -> Access:
    """Return the access rules for the address that the server listens on.

    Args:
        host: The address: a loopback address admits only this machine.
        public_url: The URL at which the program is published, if the developer gave it; it counts
            only when the server listens beyond this machine.
    """
    if host == "localhost" or _is_here(host):
        return Access(only_here=True)
    machine = socket.gethostname().lower()
    published = urlsplit(public_url).hostname
    names = {host.lower(), machine, f"{machine}.local", published or machine}
    return Access(only_here=False, names=frozenset(names))


def _values(scope: Scope, name: bytes) -> Iterator[str]:
    """Yield the values of a header; several in one line are separated by commas."""
    for key, value in scope["headers"]:
        if key.lower() == name:
            for part in value.decode("latin-1").split(","):
                yield part.strip()


def _clients(scope: Scope) -> Iterator[str]:
    """Yield the addresses of the client: that of the connection, and those that proxies name."""
    client = scope.get("client")
    yield client[0] if client else ""
    for header in _OF_CLIENTS:
        yield from _values(scope, header)
    for name in _read_forwarded(scope, "for"):
        match = _HOST.fullmatch(name)
        yield (match["six"] or match["name"]) if match else name


def _read_forwarded(scope: Scope, parameter: str) -> Iterator[str]:
    """Yield the values of a parameter of the header `Forwarded`, RFC 7239."""
    for element in _values(scope, b"forwarded"):
        for pair in element.split(";"):
            name, _, value = pair.partition("=")
            if name.strip().lower() == parameter:
                yield value.strip().strip('"').lower()


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_here(text: str) -> bool:
    address = _address(text)
    mapped = getattr(address, "ipv4_mapped", None)  # For ::ffff:127.0.0.1.
    return address is not None and (mapped or address).is_loopback
