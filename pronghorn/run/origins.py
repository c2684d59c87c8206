"""Decide whether a WebSocket may be opened from the site that its browser names (RFC 6455, 10.2).

A browser sends the cookies of a user with every handshake, whatever site has started it, and no
CORS stands in between. It names the site in `Origin`, which the site cannot forge; a client that is
no browser sends none, and may send anything.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.types import Scope

ANY, SAME = "*", "same-origin"
PORTS = {"http": 80, "https": 443}
SCHEMES = {"ws": "http", "wss": "https", "http": "http", "https": "https"}
REASON = "The origin is not allowed."

#: Scheme, host and port.
Place = tuple[str, str, int | None]


class Origins:
    """The origins that may open WebSockets.

    Args:
        allowed: Origins such as `https://shop.example`; with `*.` in front of the host for all of
            its subdomains; `same-origin` for that of the request; `*` for any.
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        self._any = ANY in allowed
        self._same = SAME in allowed
        places = [place_of(origin) for origin in allowed if origin not in {ANY, SAME}]
        self._places = frozenset(place for place in places if place and place[1][:2] != "*.")
        self._parents = [place for place in places if place and place[1][:2] == "*."]
        self._null = "null" in allowed

    def allow(self, scope: Scope) -> bool:
        """Return whether the client of a scope may go on: it names no origin, or an allowed one."""
        sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        if not sent or self._any:
            return True
        if len(sent) > 1:
            return False
        if sent[0] == "null":  # A sandboxed frame, or a file.
            return self._null
        place = place_of(sent[0])
        if place is None:
            return False
        return place in self._places or self._is_below(place) or self._is_same(place, scope)

    def _is_below(self, place: Place) -> bool:
        """Return whether a place is a subdomain of one that is written with `*.`."""
        scheme, host, port = place
        return any(
            (scheme, port) == (allowed, at) and host.endswith(parent[1:]) and host != parent[1:]
            for allowed, parent, at in self._parents
        )

    def _is_same(self, place: Place, scope: Scope) -> bool:
        """Return whether a place is that of the request, behind a proxy that is trusted too."""
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        scheme = SCHEMES.get(scope.get("scheme", "ws"), "")
        return self._same and len(hosts) == 1 and place == place_of(f"{scheme}://{hosts[0]}")


def place_of(origin: str) -> Place | None:
    """Return scheme, host and port of an origin, or None if it is not one."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if not parts.scheme or not parts.hostname or parts.username is not None:
        return None
    if parts.path or parts.query or parts.fragment or "?" in origin or "#" in origin:
        return None
    scheme = parts.scheme.lower()
    return scheme, parts.hostname, PORTS.get(scheme) if port is None else port


def log_refusal(scope: Scope) -> None:
    """Tell the developer which origin was refused, and what it was compared with."""
    named = {
        name: b", ".join(value for key, value in scope["headers"] if key == name)[:200]
        for name in (b"origin", b"host")
    }
    logging.getLogger("pronghorn").warning(
        "The WebSocket %r was refused with 403: websocket_origins does not allow the origin %r. "
        "The request is for %r, by %s. websocket_origins=[...] of the route, its router or the "
        "application lists other sites.",
        scope["path"],
        named[b"origin"].decode("latin-1"),
        named[b"host"].decode("latin-1"),
        SCHEMES.get(scope.get("scheme", "ws"), "http"),
    )
