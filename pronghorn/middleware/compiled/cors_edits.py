"""Add to a response what `CORSMiddleware` would."""

from __future__ import annotations

from pronghorn.middleware.compiled.cors_headers import WrittenHeaders
from pronghorn.middleware.compiled.headers import add_vary_always, set_header
from pronghorn.run.edits import Editable, HeadEdit
from pronghorn.run.exchange import RawHeaders

ALLOW_ORIGIN = b"access-control-allow-origin"


class WithoutOrigin(HeadEdit):
    """Tells caches that the response would depend on the origin."""

    def complete(self, exchange: Editable, status: int, headers: RawHeaders, body: bytes) -> bytes:
        add_vary_always(headers, b"Origin")
        return body


class WithOrigin(HeadEdit):
    """Tells a browser which origins may read the response."""

    __slots__ = ("_origin", "_written")

    def __init__(self, written: WrittenHeaders, origin: bytes) -> None:
        self._written = written
        self._origin = origin

    def complete(self, exchange: Editable, status: int, headers: RawHeaders, body: bytes) -> bytes:
        written, origin = self._written, self._origin
        for name, value in written.simple:
            set_header(headers, name, value)
        # The middleware decides at each response: a program may change its list of origins.
        if written.names_all or (
            not written.allows_all
            and written.layer.is_allowed_origin(origin=origin.decode("latin-1"))
        ):
            set_header(headers, ALLOW_ORIGIN, origin)
        add_vary_always(headers, b"Origin")
        return body
