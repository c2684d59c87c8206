"""The outermost layer of an application: it answers errors that no inner layer has handled.

Starlette's `ServerErrorMiddleware` wraps `send` to find out whether a response has started. An
exchange already tracks that, so inner layers receive the original `send` here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.compile import dispatch
from pronghorn.compile.dispatch import Find, Pipeline
from pronghorn.core.monkeypatches import original
from pronghorn.run.error_headers import ErrorHeaders, is_failed
from pronghorn.run.errors import check_handler
from pronghorn.run.exchange import LATE_HEADERS, Exchange, new_exchange
from pronghorn.run.websocket import serve_to_the_end

if TYPE_CHECKING:
    from pronghorn.compile.default_sizes import DefaultSizes

#: Starlette's own method. Libraries replace it, some of them when their middleware is created.
CALL_OF_STARLETTE = original(ServerErrorMiddleware, "__call__")


class Outermost(ServerErrorMiddleware):
    """The outermost layer; a `ServerErrorMiddleware`, because libraries expect one.

    They may use its parts: `app` answers all requests, `handler` and `debug` decide how errors
    are answered.

    Args:
        app: The layers inside.
        handler: The handler for status 500 or `Exception`; None for a plain text response.
        debug: Respond with the traceback.
    """

    #: Adds headers to the responses to unhandled errors; None adds none, as on FastAPI.
    error_headers: ErrorHeaders | None = None
    #: Counts bodies that may be too long; None where bodies have no limit by default.
    default_sizes: DefaultSizes | None = None
    #: What a library has put in place of Starlette's own method, if that has nothing to do.
    idle_call: Any = None
    #: Error handlers for the scope, if no inner layer puts them there.
    registered: tuple[Any, Any] | None = None
    #: True if this layer is also an `Answerer`, so that servers need not call it through ASGI.
    is_answerer = False
    #: True if the exchange of a request must pass the edits of compiled middleware.
    is_layered = False

    def __init__(self, app: ASGIApp, handler: Any = None, debug: bool = False) -> None:
        super().__init__(app, handler, debug)
        self._own_handler = handler
        # For libraries that make a layer of their own from these parts, as OpenTelemetry does.
        # Others put their own handler in its place.
        self._elsewhere = _Elsewhere(self._answer_elsewhere)
        self._elsewhere.is_own = handler is not None
        self.handler: Any = self._elsewhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await serve_to_the_end(self.app, scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        now = ServerErrorMiddleware.__call__
        if now is not CALL_OF_STARLETTE and now is not self.idle_call:
            await super().__call__(scope, receive, send)
            return
        exchange = new_exchange(scope, receive, send, self.registered)
        sizes = self.default_sizes
        try:
            if sizes is not None and sizes.concern(scope):
                await self.answer_by(sizes, exchange)
            else:
                await self.answer(exchange)
        finally:
            if exchange.held is not None:
                await exchange.let_go()

    def answer(self, exchange: Exchange) -> Awaitable[None]:
        """Let the layers inside answer one HTTP exchange."""
        return self.answer_by(self.app, exchange)

    async def answer_by(self, app: ASGIApp, exchange: Exchange) -> None:
        """Let an ASGI application answer one HTTP exchange, and answer its errors."""
        try:
            await app(exchange.scope, exchange.receive, exchange.track_and_send)
        except Exception as error:  # noqa: BLE001 - answered with 500, and raised again
            await self.answer_unhandled(exchange, error)
        finally:
            if exchange.connection_or_none is not None:
                exchange.end()

    async def answer_unhandled(self, exchange: Exchange, error: Exception) -> None:
        """Answer 500 and raise the error again: servers log it, test clients raise it."""
        pending = [error]
        del error  # Its traceback refers to this frame, which would refer to the error.

        async def failing(scope: Scope, receive: Receive, send: Send) -> None:
            raise pending.pop()

        async def discard(message: Message) -> None:
            """Drop a message: it is too late for a response, but the handler is still called."""

        handler = self._own_handler if self.handler is self._elsewhere else self.handler
        checked = None if handler is None else check_handler(handler)
        outermost = ServerErrorMiddleware(failing, checked, self.debug)
        send = discard if exchange.has_left else exchange.send
        await outermost(exchange.scope, exchange.receive, self._with_headers(exchange.scope, send))

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        """Return a `send` that adds headers to the response to an unhandled error."""
        send = _with_late_headers(scope, send)
        return send if self.error_headers is None else self.error_headers.wrap(scope, send)

    async def _answer_elsewhere(self, request: Request, error: Exception) -> Any:
        """Return the response to an unhandled error, for the layer of a library."""
        response: Any = Response("Internal Server Error", 500, media_type="text/plain")
        if self._own_handler is not None:
            response = await check_handler(self._own_handler)(request, error)
        if isinstance(response, Response):
            heads: list[Message] = []

            async def keep(head: Message) -> None:
                heads.append(head)

            head = {"type": "http.response.start", "status": response.status_code}
            await self._with_headers(request.scope, keep)({**head, "headers": response.raw_headers})
            request.scope.get(LATE_HEADERS, []).clear()  # They are not to be added again.
            response = copy(response)  # A handler may return the same one for every error.
            response.raw_headers = heads[0]["headers"]
            response.__dict__.pop("_headers", None)  # A view of the headers before.
        return response


class _Elsewhere(partial[Any]):
    """A handler of unhandled errors; false for a program that has none, as None would be.

    A `partial`, because libraries ask whether a handler is a coroutine function.
    """

    #: True if the program has a handler of its own.
    is_own = False

    def __bool__(self) -> bool:
        return self.is_own


class AroundStarlette(ServerErrorMiddleware):
    """A layer around Starlette's own `ServerErrorMiddleware`, where a library observes that.

    Args:
        inside: Starlette's layer, with a `MarkFailure` inside of it.
        error_headers: Adds headers to its responses to unhandled errors.
    """

    def __init__(self, inside: ServerErrorMiddleware, error_headers: ErrorHeaders) -> None:
        super().__init__(inside, inside.handler, inside.debug)
        self._error_headers = error_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with_headers = self._error_headers.wrap(scope, send)

        async def send_either(message: Message) -> None:
            if is_failed(scope):
                await _with_late_headers(scope, with_headers)(message)
            else:
                await send(message)

        await self.app(scope, receive, send_either)


def _with_late_headers(scope: Scope, send: Send) -> Send:
    if LATE_HEADERS not in scope:
        return send
    from pronghorn.run.late_headers import with_late_headers  # Few programs need it.

    return with_late_headers(scope, send)


class OutermostAnswerer(Outermost):
    """An outermost layer that is also an `Answerer`; its subclasses find the routes."""

    is_answerer = True
    #: Answers the errors that have a handler, and raises the others.
    _recover: Callable[[Exchange, Exception], Awaitable[None]]

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Answer an exchange whose route or layer failed; raise an error without a handler."""
        try:
            await self._recover(exchange, raised)
        except Exception as error:  # noqa: BLE001 - answered with 500, and raised again
            await self.answer_unhandled(exchange, error)
        finally:
            del raised


class OuterPipeline(OutermostAnswerer):
    """The `Answerer` of an application without middleware."""

    find: Find
    #: The only layer inside is the pipeline, so no middleware needs to be called.
    answer = dispatch.answer

    def __init__(self, inner: Pipeline, handler: Any, debug: bool) -> None:
        super().__init__(inner, handler, debug)
        self.registered = inner.registered
        self.find, self.search, self._recover = inner.find, inner.search, inner.recover
