"""`CORSMiddleware`, compiled: a request without an `Origin` costs a look into a dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from math import inf
from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from pronghorn.middleware.compiled.headers import add_vary_always, set_header
from pronghorn.middleware.compiled.layer import FirstHeaders
from pronghorn.run.exchange import RawHeaders
from pronghorn.run.layered import HeadEdit

_ALLOW_ORIGIN = b"access-control-allow-origin"


class CompiledCORS:
    """Adds the headers of one `CORSMiddleware`, which answers preflight requests itself."""

    stands_for = (CORSMiddleware,)
    most_bytes = inf

    def __init__(self, layer: CORSMiddleware) -> None:
        self.layer = layer
        self.simple: Iterable[tuple[bytes, bytes]] = EncodedLate(layer.simple_headers)
        with suppress(UnicodeEncodeError):  # Then each response to another origin fails.
            self.simple = list(self.simple)
        self.allows_all = layer.allow_all_origins
        #: True if all origins are allowed and each is named, because of the credentials.
        self.names_all = layer.allow_all_origins and layer.allow_credentials
        self._without_origin = WithoutOrigin()

    def before(self, exchange: Any, headers: FirstHeaders) -> ASGIApp | None:
        """Prepare the edit of the response; a preflight request is not for the code inside."""
        origin = headers.get(b"origin")
        if origin is None:
            exchange.edits.append(self._without_origin)
        elif b"access-control-request-method" in headers and exchange.method == "OPTIONS":
            return self.layer
        else:
            exchange.edits.append(WithOrigin(self, origin))
        return None


class EncodedLate:
    """Headers that are encoded when they are needed; only then may they fail.

    Args:
        headers: The headers as text.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        for name, value in self._headers.items():
            yield name.lower().encode("latin-1"), value.encode("latin-1")


class WithoutOrigin(HeadEdit):
    """Tells caches that the response would depend on the origin."""

    def complete(self, exchange: Any, status: int, headers: RawHeaders, body: bytes) -> bytes:
        add_vary_always(headers, b"Origin")
        return body


class WithOrigin(HeadEdit):
    """Tells a browser which origins may read the response."""

    __slots__ = ("_cors", "_origin")

    def __init__(self, cors: CompiledCORS, origin: bytes) -> None:
        self._cors = cors
        self._origin = origin

    def complete(self, exchange: Any, status: int, headers: RawHeaders, body: bytes) -> bytes:
        cors, origin = self._cors, self._origin
        for name, value in cors.simple:
            set_header(headers, name, value)
        # The middleware decides at each response: a program may change its list of origins.
        if cors.names_all or (
            not cors.allows_all and cors.layer.is_allowed_origin(origin=origin.decode("latin-1"))
        ):
            set_header(headers, _ALLOW_ORIGIN, origin)
        add_vary_always(headers, b"Origin")
        return body
