"""The outermost layer of an application whose middleware is compiled, as an `Answerer`."""

from __future__ import annotations

from typing import Any

from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.compile.dispatch import Answerer, Find, ThroughAsgi, answer
from pronghorn.compile.limits import BodyLimit
from pronghorn.compile.server_errors import CALL_OF_STARLETTE, OutermostAnswerer
from pronghorn.middleware.compiled.group import CompiledGroup
from pronghorn.middleware.compiled.handed_over import find_within
from pronghorn.run.exchange import EXCHANGES, HANDLERS_KEY, Exchange, new_exchange
from pronghorn.run.layered import LayeredExchange, put_layers_before


class OuterLayers(OutermostAnswerer):
    """Answers requests by the layers inside without calling them as ASGI applications.

    Its `app` is the same as an ASGI application, with the limit of bodies around it. It answers
    what goes the long way: WebSocket connections, and bodies that have to be counted.

    Args:
        stack: The middleware and the routes.
        handler: The handler for status 500 or `Exception`; None for a plain text response.
        debug: Respond with the traceback.
        max_body_size: The limit in bytes; None for an unlimited body.
    """

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
        self.find: Find = inside.find
        self.search, self._recover = inside.search, inside.recover
        if max_body_size is not None:
            self.find = find_within(max_body_size, self.find, self.app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or self._max_body_size is not None
            or MAX_BODY_SIZE_SCOPE_KEY in scope
            or (self.default_sizes is not None and self.default_sizes.concern(scope))
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
