"""`TrustedHostMiddleware`, compiled: a host that was seen before is found in a set."""

from __future__ import annotations

from math import inf
from typing import Any

from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from pronghorn.core.private_names import optional
from pronghorn.middleware.compiled.layer import FirstHeaders
from pronghorn.run.edits import Editable

_parse_host_header: Any = optional(
    "starlette._utils",
    "parse_host_header",
    "`TrustedHostMiddleware` looks at each request in the way of Starlette, which is slower.",
)
#: The hosts that are remembered: patterns such as `*.shop.example` allow any number.
_MOST = 1000
#: A longer host is not remembered: clients decide on it. A domain name has at most 253 characters.
_LONGEST = 260


class CompiledTrustedHost:
    """Lets requests for the hosts of one `TrustedHostMiddleware` pass; it answers the others."""

    stands_for = (TrustedHostMiddleware,)
    most_bytes = inf

    def __init__(self, layer: TrustedHostMiddleware) -> None:
        self._layer = layer
        self._known: set[bytes | None] = set()

    def before(self, exchange: Editable, headers: FirstHeaders) -> ASGIApp | None:
        """Let a request pass if its host is allowed; otherwise the middleware decides."""
        host = headers.get(b"host")
        if host in self._known or self._layer.allow_any or self._is_allowed(host):
            return None
        return self._layer

    def _is_allowed(self, host: bytes | None) -> bool:
        if host is None or _parse_host_header is None:
            return False
        parsed = _parse_host_header(host.decode("latin-1"))
        if parsed is None:
            return False
        name = parsed.host.lower()
        for pattern in self._layer.allowed_hosts:
            if name == pattern or (pattern.startswith("*") and name.endswith(pattern[1:])):
                if len(self._known) < _MOST and len(host) <= _LONGEST:
                    self._known.add(host)
                return True
        return False
