"""`SessionMiddleware`, compiled: a cookie is decoded only if there is one."""

from __future__ import annotations

import json
from base64 import b64decode
from math import inf

from itsdangerous.exc import BadSignature
from starlette.middleware import sessions
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection

from pronghorn.middleware.compiled.layer import FirstHeaders
from pronghorn.middleware.compiled.session_cookie import SessionCookie
from pronghorn.run.edits import Editable


class CompiledSessions:
    """Puts sessions into the scope, as one `SessionMiddleware` does."""

    stands_for = (SessionMiddleware,)
    most_bytes = inf

    def __init__(self, layer: SessionMiddleware) -> None:
        self._layer = layer
        self._name = layer.session_cookie.encode("latin-1", "replace")
        self._of_new = SessionCookie(layer, was_empty=True)
        self._of_known = SessionCookie(layer, was_empty=False)

    def before(self, exchange: Editable, headers: FirstHeaders) -> None:
        """Put a session into the scope, and prepare the edit of the response."""
        if b"cookie" in headers and (session := self._read_session(exchange)) is not None:
            exchange.scope["session"] = session
            exchange.edits.append(self._of_known)
        else:
            exchange.add_to_scope("session", sessions.Session)
            exchange.edits.append(self._of_new)

    def _read_session(self, exchange: Editable) -> sessions.Session | None:
        """Return the session of the cookie; None without a cookie that was signed here."""
        if not any(name == b"cookie" and self._name in value for name, value in exchange.headers):
            return None
        layer = self._layer
        exchange.use_scope()
        cookie = HTTPConnection(exchange.scope).cookies.get(layer.session_cookie)
        try:
            data = layer.signer.unsign((cookie or "").encode("utf-8"), max_age=layer.max_age)
        except BadSignature:
            return None
        return sessions.Session(json.loads(b64decode(data)))
