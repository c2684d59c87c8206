"""Neighbouring compiled layers, as one part of the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.compile.dispatch import (
    Answerer,
    FoundRoute,
    LeavesErrors,
    Pipeline,
    ThroughAsgi,
    answer,
)
from pronghorn.hooks import OBSERVERS
from pronghorn.middleware.compiled.handed_over import NO_PARAMETERS, let_answer
from pronghorn.middleware.compiled.layer import CompiledLayer
from pronghorn.run.exchange import HANDLERS_KEY, OBSERVED
from pronghorn.run.layered import LAYERED, LayeredExchange

_LEAVES = LeavesErrors()


class CompiledGroup:
    """Compiled layers without another layer in between: an ASGI application and an `Answerer`.

    Args:
        layers: The layers, outermost first.
        inside: The application inside of the innermost layer.
        visible: The middleware that the outermost layer was compiled from, around all the others.
    """

    def __init__(self, layers: Sequence[CompiledLayer], inside: ASGIApp, visible: ASGIApp) -> None:
        self.app = visible
        self.is_innermost = isinstance(inside, Pipeline)
        #: The handlers to put into the scope of each request; None if an inner layer does that.
        self.registered = inside.registered if isinstance(inside, Pipeline) else None
        self._inside: Answerer = inside if isinstance(inside, Pipeline) else ThroughAsgi(inside)
        self._find, self.search = self._inside.find, self._inside.search
        self._before = [layer.before for layer in layers]
        self._most_bytes = min((layer.most_bytes for layer in layers), default=inf)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.registered is not None:
            scope[HANDLERS_KEY] = self.registered
        if OBSERVERS and OBSERVED in scope:
            scope[OBSERVED].scope = scope  # Middleware may have made a scope of its own.
        make = LAYERED.get(type(getattr(send, "__self__", None)), LayeredExchange)
        await answer(self, make(scope, receive, send))

    def find(self, exchange: Any) -> FoundRoute | None:
        """Let the layers see a request, and find its handler if all of them let it pass."""
        exchange.edits = []
        exchange.most_bytes = self._most_bytes
        if self._before:
            headers = exchange.first_headers()
            for before in self._before:
                answering = before(exchange, headers)
                if answering is not None:
                    return let_answer(answering), NO_PARAMETERS
        exchange.is_inside = True
        return self._find(exchange)

    async def recover(self, exchange: Any, raised: Exception) -> None:
        """Let the error handlers answer an error of the code inside, not one of a layer."""
        recovering = self._inside if exchange.is_inside else _LEAVES
        try:
            await recovering.recover(exchange, raised)
        finally:
            del raised
