"""Add to a response what `CORSMiddleware` would."""

from __future__ import annotations

from pronghorn.middleware.compiled.cors_headers import ALLOW_ORIGIN, WrittenHeaders
from pronghorn.middleware.compiled.headers import add_vary_always, set_header
from pronghorn.run.edits import Editable, HeadEdit
from pronghorn.run.exchange import RawHeaders

_VARY_ORIGIN = (b"vary", b"Origin")


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
        is_named = written.names_all or (
            not written.allows_all
            and written.layer.is_allowed_origin(origin=origin.decode("latin-1"))
        )
        if written.names is not None and written.names.isdisjoint(dict(headers)):
            headers += written.simple
            if is_named:
                headers.append((ALLOW_ORIGIN, origin))
            headers.append(_VARY_ORIGIN)
            return body
        for name, value in written.simple:
            set_header(headers, name, value)
        if is_named:
            set_header(headers, ALLOW_ORIGIN, origin)
        add_vary_always(headers, b"Origin")
        return body
