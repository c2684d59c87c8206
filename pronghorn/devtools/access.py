"""Decide who may see the page: only this machine, unless `dev` listens on another address.

A page of another site must not read it through the developer's browser. Browsers prevent that,
since nothing here allows other origins, except for DNS rebinding, in which the other site points
its own name to this machine. Such a request names that site as its host. So requests are answered
only for hosts that an attacker cannot control: addresses, `localhost`, and names of this machine.

Nor must a proxy or a tunnel on this machine bring in somebody else. What it says about its client
can be wrong or come from the client, so a request that went through one is refused whatever it
says.
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


_OF_PROXIES = frozenset(
    (
        *("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "x-proxyuser-ip"),
        *("true-client-ip", "fastly-client-ip", "fly-client-ip", "x-appengine-user-ip"),
        *("cdn-loop", "cf-connecting-ip", "cf-connecting-ipv6", "cf-ray", "cf-visitor"),
        *("x-original-host", "x-original-forwarded-for", "x-envoy-external-address"),
    )
)
"""Headers that proxies and tunnels add, and browsers do not; besides `X-Forwarded-*`."""


@dataclass(frozen=True)
class Access:
    """The conditions under which a request may see the page.

    Attributes:
        only_here: The client must be on this machine, and no proxy between it and the server.
        names: Host names that the request may use, besides addresses and `localhost`.
    """

    only_here: bool
    names: frozenset[str] = frozenset()

    def refusal(self, scope: Scope) -> str | None:
        """Return the reason why a request may not see the page; None if it may."""
        hosts = list(_values(scope, b"host"))
        if not hosts or not all(self._is_known(host) for host in hosts):
            return "It answers only requests for localhost, an address or a name of this machine."
        if not self.only_here:
            return None
        opening = "`pronghorn dev --host ADDRESS` opens it to others."
        proxy = _find_proxy(scope)
        if proxy is not None:
            return f"It does not answer through a proxy, and the request has {proxy}. {opening}"
        client = scope.get("client")
        if not client or not _is_here(client[0]):
            return f"It answers only this machine. {opening}"
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


def _find_proxy(scope: Scope) -> str | None:
    """Return what shows that the request comes through a proxy, for the refusal; None if nothing.

    nginx adds no header unless it is told to, but asks in HTTP/1.0 then; browsers do not speak it.
    """
    for key, _ in scope["headers"]:
        name = key.decode("latin-1").lower()
        if name in _OF_PROXIES or name.startswith("x-forwarded"):
            return f"the header {name}"
    return "the version HTTP/1.0" if scope.get("http_version") == "1.0" else None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_here(text: str) -> bool:
    address = _address(text)
    mapped = getattr(address, "ipv4_mapped", None)  # For ::ffff:127.0.0.1.
    return address is not None and (mapped or address).is_loopback
