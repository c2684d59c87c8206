"""The outermost layer of an application: it answers what nothing inside has handled.

Starlette's `ServerErrorMiddleware` puts a function of its own around `send`, to know whether an
answer has begun. Exchanges know that, so here `send` reaches the layers inside as it is.
"""

from __future__ import annotations

from typing import Any

from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import Message, Receive, Scope, Send

from pronghorn.compile import dispatch
from pronghorn.compile.dispatch import Find, Pipeline
from pronghorn.core.monkeypatches import original
from pronghorn.run.exchange import Exchange, new_exchange
from pronghorn.run.websocket import serve_to_the_end

#: As Starlette has it. Libraries replace it, some of them when their middleware is made.
_CALL = original(ServerErrorMiddleware, "__call__")


class Outermost(ServerErrorMiddleware):
    """It is, as libraries expect of the outermost layer, a `ServerErrorMiddleware`.

    They may take it apart: its `app` answers all requests, its `handler` and `debug` say how
    errors end.

    - `handler`: for status 500 or `Exception`; None for a plain text answer.
    - `debug`: answer with the traceback.
    """

    #: Handlers of errors for the scope, where no layer inside puts them there.
    registered: tuple[Any, Any] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await serve_to_the_end(self.app, scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if ServerErrorMiddleware.__call__ is not _CALL:
            await super().__call__(scope, receive, send)
            return
        exchange = new_exchange(scope, receive, send, self.registered)
        try:
            await self.answer(exchange)
        finally:
            if exchange.held is not None:
                await exchange.let_go()

    async def answer(self, exchange: Exchange) -> None:
        """Have the layers inside answer one HTTP exchange."""
        try:
            await self.app(exchange.scope, exchange.receive, exchange.track_and_send)
        except Exception as error:  # noqa: BLE001 - answered with 500, and raised again
            await self.answer_unhandled(exchange, error)
        finally:
            if exchange._connection is not None:
                exchange.end()

    async def answer_unhandled(self, exchange: Exchange, error: Exception) -> None:
        """Answer 500 and raise the error again: servers log it, test clients raise it."""
        pending = [error]
        del error  # Its traceback keeps this frame, which would keep it.

        async def failing(scope: Scope, receive: Receive, send: Send) -> None:
            raise pending.pop()

        async def discard(message: Message) -> None:
            """Too late for an answer; the handler still gets to know."""

        outermost = ServerErrorMiddleware(failing, self.handler, self.debug)
        send = discard if exchange.started else exchange.send
        await outermost(exchange.scope, exchange.receive, send)


class OuterPipeline(Outermost):
    """The routes themselves, without any middleware around them; a `dispatch.Answerer`."""

    find: Find
    #: Nothing stands between: the layers inside are the routes.
    answer = dispatch.answer

    def __init__(self, inner: Pipeline, handler: Any, debug: bool) -> None:
        super().__init__(inner, handler, debug)
        self._inner = inner
        self.registered = inner.registered
        self.find, self.search = inner.find, inner.search

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Answer an exchange whose route failed; raise an error that has no handler again."""
        try:
            await self._inner.recover(exchange, raised)
        except Exception as error:  # noqa: BLE001 - answered with 500, and raised again
            await self.answer_unhandled(exchange, error)
        finally:
            del raised
