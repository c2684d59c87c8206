"""The headers that middleware would have added to the response to an unhandled error.

The outermost layer sends that response, so it does not pass through the middleware inside. A
browser then hides the status of the response from the page, because it lacks the CORS headers, and
nobody finds the request in the logs, because it lacks the request id.

The response is not sent through the middleware: by then, each has seen the error leave, has closed
its files and spans, and has counted the request. Two kinds of headers need no state of a middleware
that has ended. `CORSMiddleware` computes its headers from the request alone, in a method of its
own; and the request id is known outside the middleware that chose it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.core.monkeypatches import is_overridden
from pronghorn.logger import logger

#: Attributes of `request.state` in which middleware keeps the id, and the header of each.
_OF_STATE = {"request_id": "X-Request-ID", "correlation_id": "X-Correlation-ID"}
#: Headers with which a proxy or a client names a request, in the order they are tried.
_OF_REQUESTS = {b"x-request-id": "X-Request-ID", b"x-correlation-id": "X-Correlation-ID"}
_LONGEST_ID = 200
_ALLOWS_ORIGIN = b"access-control-allow-origin"
#: The key in the scope that says that an error has left the layers inside.
_FAILED = "pronghorn.failed"


class ErrorHeaders:
    """Adds the headers to the responses to unhandled errors of one application.

    Args:
        layers: The middleware of the application, from the inside out.
    """

    def __init__(self, layers: Iterable[Any]) -> None:
        module = sys.modules.get("starlette.middleware.cors")
        known = list(layers)
        self._cors = [layer for layer in known if module and _adds_always(layer, module)]
        self._ids = [layer for layer in known if _is_correlation_id(layer)]

    def wrap(self, scope: Scope, send: Send) -> Send:
        """Return a `send` for the response to an error, which adds the headers to its head."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = await self._with_headers(scope, message)
            await send(message)

        return send_with_headers

    async def _with_headers(self, scope: Scope, message: Message) -> Message:
        """Return the head of a response with the headers; unchanged if a middleware fails."""
        plain = list(message.get("headers", ()))
        try:
            return await self._add(scope, {**message, "headers": list(plain)})
        except Exception:  # noqa: BLE001 - the response to the first error must still be sent
            logger.exception("The headers of the response to an error are incomplete")
            return {**message, "headers": plain}

    async def _add(self, scope: Scope, message: Message) -> Message:
        raw = message["headers"]
        names = {bytes(name).lower() for name, _ in raw}
        found = self._request_id(scope)
        if found is not None and found[0].lower().encode() not in names:
            raw.append((found[0].lower().encode(), found[1].encode("latin-1")))
        if _ALLOWS_ORIGIN in names:
            return message  # The program's own handler has decided who may read its response.
        sent = [message]

        async def keep(changed: Message) -> None:
            sent.append(changed)

        for cors in self._cors:
            await cors.send(sent[-1], send=keep, request_headers=Headers(scope=scope))
        return sent[-1]

    def _request_id(self, scope: Scope) -> tuple[str, str] | None:
        """Return the header and the id of a request; None if nobody has named it."""
        for layer in self._ids:
            value = sys.modules["asgi_correlation_id"].correlation_id.get()
            if _is_id(value):
                return layer.header_name, value
        state = scope.get("state")
        if isinstance(state, Mapping):
            for name, header in _OF_STATE.items():
                value = str(state.get(name) or "")
                if _is_id(value):
                    return header, value
        given = {bytes(name): value for name, value in reversed(scope["headers"])}
        for key, header in _OF_REQUESTS.items():
            value = given.get(key, b"").decode("latin-1")
            if _is_id(value):
                return header, value
        return None


def _is_id(value: Any) -> bool:
    """Return whether a value may be sent back: short, and of visible ASCII characters."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        return False
    return value.isascii() and value.isprintable() and " " not in value


def _adds_always(layer: Any, module: Any) -> bool:
    """Return whether a layer is a `CORSMiddleware` that adds its headers to each response.

    A subclass with its own way of calling may add them to the responses of some paths only.
    """
    base = module.CORSMiddleware
    return isinstance(layer, base) and not is_overridden(layer, base, "__call__", "simple_response")


def _is_correlation_id(layer: Any) -> bool:
    """Return whether a layer is the middleware of asgi-correlation-id."""
    is_theirs = type(layer).__module__.partition(".")[0] == "asgi_correlation_id"
    known = getattr(sys.modules.get("asgi_correlation_id"), "correlation_id", None)
    return is_theirs and known is not None and hasattr(layer, "header_name")


class MarkFailure:
    """A layer that notes in the scope that an error has left it, for `is_failed`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception:
            scope[_FAILED] = True
            raise


def is_failed(scope: Scope) -> bool:
    """Return whether an error has left the layers inside `MarkFailure`."""
    return bool(scope.get(_FAILED))
