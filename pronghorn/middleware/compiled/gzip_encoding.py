"""Compress a response as `GZipMiddleware` would."""

from __future__ import annotations

import zlib
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Send

from pronghorn.middleware import gzip as own
from pronghorn.middleware.compiled.excluded_types import ExcludedTypes
from pronghorn.run.edits import Editable
from pronghorn.run.exchange import RawHeaders


class Encoding:
    """The edit of a response for clients that accept gzip, or for the others."""

    def __init__(self, layer: GZipMiddleware, respond: Any, *, compresses: bool) -> None:
        self._minimum_size = layer.minimum_size
        self._level = layer.compresslevel
        self._excluded = ExcludedTypes(layer.exclude_content_types)
        self._respond = respond
        self._compresses = compresses
        self._weakens_tags = isinstance(layer, own.GZipMiddleware)

    def complete(self, exchange: Editable, status: int, headers: RawHeaders, body: bytes) -> bytes:
        if len(body) < self._minimum_size or not self.holds(status, headers):
            return body
        known = MutableHeaders(raw=headers)
        known.add_vary_header("Accept-Encoding")
        if not self._compresses:
            return body
        compressor = zlib.compressobj(self._level, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        encoded = compressor.compress(body) + compressor.flush()
        known["Content-Encoding"] = "gzip"
        known["Content-Length"] = str(len(encoded))
        if self._weakens_tags:
            headers[:] = own.with_weak_tag(headers)
        return encoded

    def holds(self, status: int, headers: RawHeaders) -> bool:
        """Return True unless the head alone says that the response stays as it is."""
        first = dict(reversed(headers))
        if status == 206 or b"content-encoding" in first:
            return False
        return first.get(b"content-type", b"") not in self._excluded

    def around(self, exchange: Editable, send: Send) -> Send:
        """Return a `send` that passes messages through a responder of Starlette."""
        responder = self._respond()
        responder.send = own.send_with_tag(send) if self._weakens_tags else send
        encode: Send = responder.send_with_compression
        return own.send_marked(encode) if self._weakens_tags else encode
