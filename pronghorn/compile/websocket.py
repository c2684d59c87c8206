"""WebSocket routes: the same graph, with the connection in place of body and response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from pronghorn.background import BackgroundTasks
from pronghorn.compile.exact import general_mode, watched_websocket
from pronghorn.compile.steps import calls_of, endpoint_context, injects, order_calls
from pronghorn.compile.writer import HandlerWriter
from pronghorn.exceptions import WebSocketRequestValidationError
from pronghorn.hooks import CompiledRoute, Handler, hooked
from pronghorn.plan.model import InjectedKind, WebSocketPlan
from pronghorn.run.exact import Inputs, Known, solve
from pronghorn.run.exchange import Exchange
from pronghorn.run.lifetime import Lifetime
from pronghorn.run.output.respond import make_injected_response


def compile_websocket(plan: WebSocketPlan) -> Handler:
    """The function that serves one WebSocket route."""
    general = GeneralWebSocket(plan)
    handler = general.serve if general_mode() else WebSocketWriter(plan, general).compile()
    watched = watched_websocket(plan, general.calls, general.injected, general.context)
    return hooked(CompiledRoute(plan, handler, watched))


class GeneralWebSocket:
    """The general way to serve a connection: the exact solver, then the endpoint."""

    def __init__(self, plan: WebSocketPlan) -> None:
        self.label = f"WS {plan.path_format}"
        self.steps = order_calls(plan.root)
        self.calls = calls_of(self.steps)
        self._needs_response = injects(self.steps, InjectedKind.RESPONSE)
        self._needs_background = injects(self.steps, InjectedKind.BACKGROUND_TASKS)
        self.context = endpoint_context(plan, self.label)

    async def serve(self, exchange: Exchange, path: Mapping[str, Any]) -> None:
        """Serve a connection."""
        async with Lifetime() as lifetime:
            response, background = self.injected()
            await self.resume(exchange, path, lifetime, response, background)

    def injected(self) -> tuple[Response | None, BackgroundTasks | None]:
        """The objects that calls may ask for; as in FastAPI, nothing is sent or run of them.

        A dependency that HTTP routes use too finds what it expects.
        """
        return (
            make_injected_response() if self._needs_response else None,
            BackgroundTasks() if self._needs_background else None,
        )

    async def resume(
        self,
        exchange: Exchange,
        path: Mapping[str, Any],
        lifetime: Lifetime,
        response: Response | None,
        background: BackgroundTasks | None,
        done: Sequence[Any] = (),
        known: Known | None = None,
    ) -> None:
        """Go on where a compiled handler left the short way.

        - `done`, `known`: see `run.exact.solve`.
        """
        inputs = Inputs(
            connection=exchange.connection,
            path=path,
            lifetime=lifetime,
            response=response,
            background=background,
        )
        arguments, errors = await solve(self.calls, inputs, done, known)
        if errors:
            raise WebSocketRequestValidationError(errors, endpoint_ctx=self.context())
        await self.calls[-1].function(**arguments)


class WebSocketWriter(HandlerWriter):
    """Writes the handler of one WebSocket route."""

    def __init__(self, plan: WebSocketPlan, general: GeneralWebSocket) -> None:
        super().__init__(plan, general.steps, None)
        self._label = general.label
        self.source.names["resume"] = general.resume

    def compile(self) -> Handler:
        """Write the whole handler and compile it."""
        source = self.source
        head = "async def handle(exchange, path):"
        # Always a lifetime: a connection is long, and its clean-up must not be cut short.
        with source.block(head), source.block("async with Lifetime() as lifetime:"):
            self.write_injected()
            self.write_early_reads()
            self.write_dependencies()
            self.write_late_reads(len(self.steps) - 1)
            function, arguments = self.call_parts(len(self.steps) - 1)
            source.line(f"await {function}({arguments})")
        return source.compile("handle", self._label)

    def endpoint_hops(self) -> bool:
        return False

    def injected_names(self) -> dict[InjectedKind, str]:
        return {
            InjectedKind.WEBSOCKET: "exchange.connection",
            InjectedKind.CONNECTION: "exchange.connection",
            **super().injected_names(),
        }

    def resume_arguments(self) -> str:
        return ", ".join(["exchange", "path", "lifetime", *self.injected_arguments()])
