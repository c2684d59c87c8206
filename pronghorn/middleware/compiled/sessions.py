"""`SessionMiddleware`, compiled: a cookie is decoded only if there is one."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from math import inf
from typing import Any

from itsdangerous.exc import BadSignature
from starlette.datastructures import MutableHeaders
from starlette.middleware import sessions
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection

from pronghorn.middleware.compiled.layer import FirstHeaders
from pronghorn.run.exchange import RawHeaders
from pronghorn.run.layered import HeadEdit


class CompiledSessions:
    """Puts sessions into the scope, as one `SessionMiddleware` does."""

    stands_for = (SessionMiddleware,)
    most_bytes = inf

    def __init__(self, layer: SessionMiddleware) -> None:
        self._layer = layer
        self._name = layer.session_cookie.encode("latin-1", "replace")
        self._of_new = SessionCookie(layer, was_empty=True)
        self._of_known = SessionCookie(layer, was_empty=False)

    def before(self, exchange: Any, headers: FirstHeaders) -> None:
        """Put a session into the scope, and prepare the edit of the response."""
        if b"cookie" in headers and (session := self._read_session(exchange)) is not None:
            exchange.scope["session"] = session
            exchange.edits.append(self._of_known)
        else:
            exchange.add_to_scope("session", sessions.Session)
            exchange.edits.append(self._of_new)

    def _read_session(self, exchange: Any) -> sessions.Session | None:
        """Return the session of the cookie; None without a cookie that was signed here."""
        layer = self._layer
        if not any(name == b"cookie" and self._name in value for name, value in exchange.headers):
            return None
        exchange.use_scope()
        cookie = HTTPConnection(exchange.scope).cookies.get(layer.session_cookie)
        try:
            data = layer.signer.unsign((cookie or "").encode("utf-8"), max_age=layer.max_age)
        except BadSignature:
            return None
        return sessions.Session(json.loads(b64decode(data)))


class SessionCookie(HeadEdit):
    """Writes the cookie of a session that has changed."""

    def __init__(self, layer: SessionMiddleware, *, was_empty: bool) -> None:
        self._layer = layer
        self._was_empty = was_empty

    def complete(self, exchange: Any, status: int, headers: RawHeaders, body: bytes) -> bytes:
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
