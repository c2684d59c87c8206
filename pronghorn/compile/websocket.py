"""Compile WebSocket routes: dependencies and endpoint as for HTTP, without body and response."""

from __future__ import annotations

from pronghorn.compile.exact import ExactConnection, general_mode
from pronghorn.compile.writer import HandlerWriter
from pronghorn.hooks import CompiledRoute, Handler, hooked
from pronghorn.plan.model import WebSocketPlan


def compile_websocket(plan: WebSocketPlan) -> Handler:
    """Return the function that serves the connections of one WebSocket route."""
    exact = exact_connection(plan)
    handler = exact.serve if general_mode() else WebSocketWriter(exact).compile()
    return hooked(CompiledRoute(plan, handler, exact.serve))


def exact_connection(plan: WebSocketPlan) -> ExactConnection:
    """Return the exact way of a WebSocket route."""
    return ExactConnection(plan, f"WS {plan.path_format}")


class WebSocketWriter(HandlerWriter):
    """Writes the handler of one WebSocket route."""

    is_websocket = True

    def __init__(self, exact: ExactConnection) -> None:
        super().__init__(exact.plan, exact.steps, None)
        # A connection always has a lifetime: it is long, and its clean-up must not be interrupted.
        self.has_lifetime = True
        self._label = exact.label
        self.source.names["resume"] = exact.resume

    def compile(self) -> Handler:
        """Write the whole handler and compile it."""
        source = self.source
        head = "async def handle(exchange, path):"
        with source.block(head), source.block("async with Lifetime() as lifetime:"):
            self.write_shared()
            self.write_early_reads()
            self.write_dependencies()
            self.write_late_reads(len(self.steps) - 1)
            function, arguments = self.call_parts(len(self.steps) - 1)
            source.line(f"await {function}({arguments})")
        return source.compile("handle", self._label)

    def endpoint_hops(self) -> bool:
        return False
