"""Turn an exception into the response of its registered handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from starlette.exceptions import HTTPException, WebSocketException
from starlette.websockets import WebSocket

from pronghorn.core.threads.hop import call_in_thread
from pronghorn.exception_handlers import (
    close_reason,
    error_body,
    http_exception_handler,
    request_validation_exception_handler,
)
from pronghorn.logger import logger
from pronghorn.run.exchange import HANDLERS_KEY, JSON_CONTENT_TYPE, Exchange, RawHeaders
from pronghorn.utils import is_body_allowed_for_status_code

ErrorHandler = Callable[..., Any]
#: Headers that describe a body. An error that sets them brings its own body.
OF_BODIES = (b"content-length", b"content-type")
#: The attribute of an error that holds the exception to answer in its place.
_ANSWER = "__pronghorn_answer__"


def answer_with(error: Exception, answer: Exception) -> None:
    """Let an error that no handler of the program knows be answered like another exception.

    The program still sees the error itself: in `except`, in dependencies with `yield`, and in its
    own handlers for the class of the error, which win.

    Args:
        error: The error of a library, which is about to leave an endpoint.
        answer: An `HTTPException`, or another exception that has a handler.
    """
    answer.__cause__ = error
    setattr(error, _ANSWER, answer)


class ErrorHandlers:
    """The registered exception handlers of one application.

    Args:
        handlers: Exception class or status code -> function of the request and the exception.
    """

    def __init__(self, handlers: Mapping[Any, ErrorHandler]) -> None:
        self.by_status = {key: call for key, call in handlers.items() if isinstance(key, int)}
        self.by_class: dict[Any, ErrorHandler] = {WebSocketException: close_websocket}
        self.by_class |= {key: call for key, call in handlers.items() if not isinstance(key, int)}
        #: The tables that every request carries in its scope. Libraries add handlers to them,
        #: for all requests.
        self.registered = self.by_class, self.by_status
        #: id -> the handler, and whether it returns a coroutine. The reference to the handler
        #: prevents another object from getting the same id.
        self._kinds: dict[int, tuple[ErrorHandler, bool]] = {}

    def find(self, error: Exception) -> ErrorHandler | None:
        """Return the handler for an exception: by its status code, then by its nearest class."""
        if isinstance(error, HTTPException) and error.status_code in self.by_status:
            return self.by_status[error.status_code]
        for base in type(error).__mro__:
            if base in self.by_class:
                return self.by_class[base]
        return None

    async def answer(self, exchange: Exchange, error: Exception) -> None:
        """Send the response of the handler for `error`; raise the error again without a handler.

        If the handler itself raises, the handler for that exception is called, once.
        """
        if hasattr(error, _ANSWER):
            error = self._replace(exchange, error)
        answerable = exchange.is_http and not exchange.started
        plain = plain_answer(self.find(error), error) if answerable else None
        if plain is not None:
            await send_plain(exchange, *plain)
            error.__traceback__ = None
            return
        try:
            await self._answer_once(exchange, error)
        except Exception as raised:
            if raised is error or self.find(raised) is None:
                raise
            await self._answer_once(exchange, raised)
        finally:
            del error  # Its traceback refers to this frame, which would refer to the error.

    def _replace(self, exchange: Exchange, error: Exception) -> Exception:
        """Return the exception to answer in place of an error without a handler."""
        if exchange.started or not (exchange.is_http or exchange.is_handshake):
            return error
        answer: Exception = vars(error).pop(_ANSWER)  # The two would keep each other alive.
        return error if self.find(error) or not self.find(answer) else answer

    def _returns_coroutine(self, handler: ErrorHandler) -> bool:
        """Return `is_coroutine_callable(handler)`, computed once for each handler."""
        known = self._kinds.get(id(handler))
        if known is None:
            known = self._kinds[id(handler)] = handler, is_coroutine_callable(handler)
        return known[1]

    async def _answer_once(self, exchange: Exchange, error: Exception) -> None:
        handler = self.find(error)
        if handler is None:
            try:
                raise error
            finally:
                del error
        if exchange.started:
            raise RuntimeError("Caught handled exception, but response already started.") from error
        if self._returns_coroutine(handler):
            response = await handler(exchange.connection, error)
        else:
            response = await call_in_thread(handler, exchange.connection, error)
        # Only a handshake can be refused with a response; an open connection is closed instead.
        if response is not None and (exchange.is_http or exchange.is_handshake):
            if not callable(response):
                from pronghorn.run.wrong_responses import not_a_response  # A mistake.

                raise not_a_response(response, handler, "return JSONResponse(..., status_code=...)")
            await exchange.send_response(response)
        # A program may raise the same exception object many times: it would collect tracebacks.
        error.__traceback__ = None


class HandlersOfScope(ErrorHandlers):
    """The handlers that a layer of Starlette has put into the scope of a request.

    They are called with the request object of the route, whose body has been read, as in FastAPI.
    The layer would make another, and a handler could wait for a body that never comes.
    """

    def __init__(self) -> None:
        super().__init__({})
        self.by_class.clear()
        self._of_tables: tuple[Any, ErrorHandlers] = (None, self)

    async def answer(self, exchange: Exchange, error: Exception) -> None:
        """Send the response of the handler for `error`; raise the error again without a handler."""
        tables = exchange.scope.get(HANDLERS_KEY) if exchange.is_http else None
        if tables is None:
            await super().answer(exchange, error)
            return
        if self._of_tables[0] is not tables[0]:
            found = ErrorHandlers({})
            found.by_class, found.by_status = tables
            self._of_tables = tables[0], found
        await self._of_tables[1].answer(exchange, error)


async def send_plain(
    exchange: Exchange, body: bytes, status: int, headers: RawHeaders | None
) -> None:
    """Send a JSON body. The headers of the error come first, as in a `JSONResponse`."""
    if not headers:
        if not exchange.write_json(body, status):
            await exchange.send_json(body, status)
        return
    raw = [*headers, (b"content-length", b"%d" % len(body)), JSON_CONTENT_TYPE]
    await exchange.track_and_send({"type": "http.response.start", "status": status, "headers": raw})
    await exchange.track_and_send({"type": "http.response.body", "body": body})


def plain_answer(
    handler: ErrorHandler | None, error: Exception
) -> tuple[bytes, int, RawHeaders | None] | None:
    """Return the body, status code and headers of a default handler; None for other handlers.

    The default handlers use only the error, so they need neither a request nor a response object.
    """
    if handler is request_validation_exception_handler:
        return error_body(error), 422, None
    if handler is not http_exception_handler or not isinstance(error, HTTPException):
        return None
    if not is_body_allowed_for_status_code(error.status_code):
        return None
    headers = raw_headers(error.headers) if error.headers else None
    if headers and any(name in OF_BODIES for name, _ in headers):
        return None
    return error_body(error), error.status_code, headers


def raw_headers(headers: Mapping[str, str]) -> RawHeaders:
    """Return headers in the form in which ASGI sends them."""
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
    ]


async def close_websocket(websocket: WebSocket, error: WebSocketException) -> None:
    """Close a connection with the code and reason of a `WebSocketException`.

    A reason that is too long for a close frame is cut.
    """
    reason = close_reason(error.reason or "")
    if reason != (error.reason or ""):
        logger.warning("The reason for closing a websocket was cut; it is: %r", error.reason)
    await websocket.close(code=error.code, reason=reason)


def is_coroutine_callable(handler: ErrorHandler) -> bool:
    """Return True if calling `handler` returns a coroutine.

    Functions, partials and callable objects are recognised.
    """
    while isinstance(handler, partial):
        handler = handler.func
    return iscoroutinefunction(handler) or iscoroutinefunction(type(handler).__call__)


def check_handler(handler: ErrorHandler) -> ErrorHandler:
    """Return a coroutine function that calls an error handler and returns its response.

    It raises `TypeError` if the handler returns something else.
    """

    async def call_checked(connection: Any, error: Exception) -> Any:
        if is_coroutine_callable(handler):
            response = await handler(connection, error)
        else:
            response = await call_in_thread(handler, connection, error)
        if not callable(response):
            from pronghorn.run.wrong_responses import not_a_response  # A mistake.

            raise not_a_response(response, handler, "return JSONResponse(..., status_code=...)")
        return response

    return call_checked
