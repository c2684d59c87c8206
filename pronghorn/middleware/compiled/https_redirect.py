"""`HTTPSRedirectMiddleware`, compiled: a request over HTTPS passes."""

from __future__ import annotations

from math import inf

from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.types import ASGIApp

from pronghorn.middleware.compiled.layer import FirstHeaders
from pronghorn.run.edits import Editable


class CompiledHTTPSRedirect:
    """Lets secure requests pass; the middleware redirects the others."""

    stands_for = (HTTPSRedirectMiddleware,)
    most_bytes = inf

    def __init__(self, layer: HTTPSRedirectMiddleware) -> None:
        self._layer = layer

    def before(self, exchange: Editable, headers: FirstHeaders) -> ASGIApp | None:
        """Let a request pass if it came over HTTPS."""
        return self._layer if exchange.scheme in ("http", "ws") else None
