"""The outermost layer of an application whose middleware is compiled, as an `Answerer`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.compile.dispatch import Answerer, Find, FoundRoute, ThroughAsgi, answer
from pronghorn.compile.limits import BodyLimit
from pronghorn.compile.server_errors import CALL_OF_STARLETTE, Outermost
from pronghorn.middleware.compiled.group import NO_PARAMETERS, CompiledGroup
from pronghorn.run.exchange import EXCHANGES, HANDLERS_KEY, Exchange, new_exchange
from pronghorn.run.layered import LayeredExchange, put_layers_before


class OuterLayers(Outermost):
    """Answers requests by the layers inside without calling them as ASGI applications.

    Its `app` is the same as an ASGI application, with the limit of bodies around it. It answers
    what goes the long way: WebSocket connections, and bodies that have to be counted.

    Args:
        stack: The middleware and the routes.
        handler: The handler for status 500 or `Exception`; None for a plain text response.
        debug: Respond with the traceback.
        max_body_size: The limit in bytes; None for an unlimited body.
    """

    is_answerer = True

    def __init__(
        self, stack: ASGIApp, handler: Any, debug: bool, max_body_size: int | None
    ) -> None:
        super().__init__(BodyLimit(stack, max_body_size), handler, debug)
        self._max_body_size = max_body_size
        self._stack = stack
        inside: Answerer = ThroughAsgi(stack)
        #: True if the outermost layer is compiled, so exchanges must pass its edits.
        self.is_layered = isinstance(stack, CompiledGroup)
        if isinstance(stack, CompiledGroup):
            inside, self.registered = stack, stack.registered
        self._find, self.search, self._recover = inside.find, inside.search, inside.recover
        self.find: Find = self._find
        if max_body_size is not None:
            self.find = partial(self._find_within, max_body_size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or self._max_body_size is not None
            or MAX_BODY_SIZE_SCOPE_KEY in scope
            or ServerErrorMiddleware.__call__ is not CALL_OF_STARLETTE
        ):
            await super().__call__(scope, receive, send)
        elif self.is_layered and type(getattr(send, "__self__", None)) not in EXCHANGES:
            if self.registered is not None:
                scope[HANDLERS_KEY] = self.registered
            await answer(self, LayeredExchange(scope, receive, send))
        else:
            await self._answer_server(new_exchange(scope, receive, send, self.registered))

    async def _answer_server(self, outside: Exchange) -> None:
        """Answer a request of a server with its own exchange, or by a layer that is called."""
        try:
            if self.is_layered:
                await answer(self, put_layers_before(outside))
            else:  # As `answer` would, by fewer calls: nothing is found before the layer is called.
                await self.answer_by(self._stack, outside)
        finally:
            if outside.held is not None:
                await outside.let_go()

    def _find_within(self, max_body_size: int, exchange: Any) -> FoundRoute | None:
        """Find the handler of a request, unless its body has to be counted."""
        if not exchange.has_whole_body(max_body_size):
            return self._count, NO_PARAMETERS
        return self._find(exchange)

    async def _count(self, exchange: Exchange, path: Mapping[str, Any]) -> None:
        """Answer a request whose body may be longer than the limit."""
        exchange.use_scope()
        await self.app(exchange.scope, exchange.receive, exchange.track_and_send)

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Answer an exchange whose route or layer failed; raise an error without a handler."""
        try:
            await self._recover(exchange, raised)
        except Exception as error:  # noqa: BLE001 - answered with 500, and raised again
            await self.answer_unhandled(exchange, error)
        finally:
            del raised
