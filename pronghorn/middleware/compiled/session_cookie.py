"""Add the cookie of a session to a response as `SessionMiddleware` would."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.middleware.sessions import SessionMiddleware

from pronghorn.run.edits import Editable, HeadEdit
from pronghorn.run.exchange import RawHeaders


class SessionCookie(HeadEdit):
    """Writes the cookie of a session that has changed."""

    def __init__(self, layer: SessionMiddleware, *, was_empty: bool) -> None:
        self._layer = layer
        self._was_empty = was_empty

    def complete(self, exchange: Editable, status: int, headers: RawHeaders, body: bytes) -> bytes:
        scope = exchange.made_scope
        if scope is None:
            return body  # Nobody can have looked at the session.
        session = scope["session"]
        if session.accessed:
            MutableHeaders(raw=headers).add_vary_header("Cookie")
        if session.modified and (session or not self._was_empty):
            headers.append((b"set-cookie", self._cookie(session).encode("latin-1")))
        return body

    def _cookie(self, session: Any) -> str:
        layer, data, lasting = self._layer, "null", "expires=Thu, 01 Jan 1970 00:00:00 GMT; "
        if session:
            signed = layer.signer.sign(b64encode(json.dumps(session).encode("utf-8")))
            data = signed.decode("utf-8")
            lasting = "" if layer.max_age is None else f"Max-Age={layer.max_age}; "
        return f"{layer.session_cookie}={data}; path={layer.path}; {lasting}{layer.security_flags}"
