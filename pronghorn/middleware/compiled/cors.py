"""`CORSMiddleware`, compiled: a request without an `Origin` costs a look into a dictionary."""

from __future__ import annotations

from math import inf

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from pronghorn.middleware.compiled.cors_edits import WithOrigin, WithoutOrigin
from pronghorn.middleware.compiled.cors_headers import WrittenHeaders
from pronghorn.middleware.compiled.layer import FirstHeaders
from pronghorn.run.edits import Editable


class CompiledCORS:
    """Adds the headers of one `CORSMiddleware`, which answers preflight requests itself."""

    stands_for = (CORSMiddleware,)
    most_bytes = inf

    def __init__(self, layer: CORSMiddleware) -> None:
        self._layer = layer
        self._written = WrittenHeaders(layer)
        self._without_origin = WithoutOrigin()

    def before(self, exchange: Editable, headers: FirstHeaders) -> ASGIApp | None:
        """Prepare the edit of the response; a preflight request is not for the code inside."""
        origin = headers.get(b"origin")
        if origin is None:
            exchange.edits.append(self._without_origin)
        elif b"access-control-request-method" in headers and exchange.method == "OPTIONS":
            return self._layer
        else:
            exchange.edits.append(WithOrigin(self._written, origin))
        return None
