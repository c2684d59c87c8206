"""HTTP routes: the body in front of a compiled handler, the response behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from pronghorn.background import BackgroundTasks, with_tasks
from pronghorn.compile.exact import (
    GeneralHandler,
    RequestHandler,
    general_mode,
    outermost_stack,
    read_exchange_form,
    run_with_lifetime,
)
from pronghorn.compile.json_body import JsonBody
from pronghorn.compile.limits import limiting_body
from pronghorn.compile.steps import (
    GENERATORS,
    Step,
    calls_of,
    endpoint_context,
    endpoint_kind,
    injects,
    order_calls,
)
from pronghorn.compile.writer import HandlerWriter
from pronghorn.hooks import CompiledRoute, Handler, hooked
from pronghorn.plan.model import BodyKind, CallKind, InjectedKind, RoutePlan
from pronghorn.run.exact import Inputs, Known
from pronghorn.run.exchange import Exchange
from pronghorn.run.lifetime import Lifetime, response_not_sent
from pronghorn.run.output.respond import Responder, send_json_with
from pronghorn.run.streaming.response import Streamer
from pronghorn.utils import is_body_allowed_for_status_code

__all__ = ["Handler", "HttpWriter", "compile_custom", "compile_route", "general_handler"]


def general_handler(plan: RoutePlan, label: str) -> GeneralHandler:
    """The handler that answers request objects with response objects."""
    steps = order_calls(plan.root)
    context = endpoint_context(plan, label)
    response = plan.response
    responder = Responder(
        model_field=response.field,
        response_class=response.response_class,
        direct=not response.explicit_class,
        as_it_is=plan.root.kind in GENERATORS and response.stream is None,
        status_code=response.status_code,
        context=context,
        serialization=response.serialization,
    )
    streamer = None
    if response.stream is not None:
        streamer = Streamer(
            response.stream.value,
            response.item_field,
            response.response_class,
            response.status_code,
            responder.options,
            context,
        )
    return GeneralHandler(plan, calls_of(steps), steps, responder, streamer, context)


def compile_route(plan: RoutePlan, label: str, *, is_operation: bool = True) -> Handler:
    """The function that answers one route.

    - `is_operation`: False for what only looks like one, and is none for hooks either.
    """
    general = general_handler(plan, label)
    watched = in_general(general, general.respond, label)
    if not general_mode() and not general.names_stacks:
        handler = HttpWriter(plan, general, label).compile()
    else:
        handler = watched if is_operation else in_general(general, general.answer, label)
    if is_operation:
        handler = hooked(CompiledRoute(plan, handler, watched))
    if plan.body is not None and plan.body.kind is BodyKind.FORM and _gives_scope(general.steps):
        handler = _with_stack(handler)
    return _with_limits(handler, plan)


def _gives_scope(steps: Sequence[Step]) -> bool:
    """Whether a function of the route gets an object that has the scope."""
    return any(injects(steps, kind) for kind in (InjectedKind.REQUEST, InjectedKind.CONNECTION))


def _with_stack(handler: Handler) -> Handler:
    """Have the stack in the scope in which libraries close the files that they put into forms."""

    async def with_stack(exchange: Exchange, path: Mapping[str, Any]) -> None:
        async with outermost_stack(exchange.scope):
            await handler(exchange, path)

    return with_stack


def in_general(general: GeneralHandler, respond: RequestHandler, label: str) -> Handler:
    """The general way of one route, with a lifetime only where something has one.

    - `respond`: one of the two functions of `general` that answer a request.
    """
    if general.needs_lifetime:
        return from_request_handler(respond, label)

    async def handler(exchange: Exchange, path: Mapping[str, Any]) -> None:
        await exchange.send_response(await respond(exchange.connection))

    return handler


def from_request_handler(handle: RequestHandler, label: str) -> Handler:
    """A handler around a function of the request that returns the response."""

    async def handler(exchange: Exchange, path: Mapping[str, Any]) -> None:
        await run_with_lifetime(exchange, handle, label)

    return handler


def compile_custom(plan: RoutePlan, handle: RequestHandler, label: str) -> Handler:
    """The same for a route class that builds its own request handler."""
    handler = from_request_handler(handle, label)
    return _with_limits(hooked(CompiledRoute(plan, handler, handler)), plan)


def _with_limits(handler: Handler, plan: RoutePlan) -> Handler:
    if plan.body is not None and plan.body.kind is BodyKind.FORM:
        handler = _closing_forms(handler)
    if plan.max_body_size is not None:
        handler = limiting_body(handler, plan.max_body_size)
    return handler


def _closing_forms(handler: Handler) -> Handler:
    """Close uploaded files when the request is over.

    After an error they stay open, since its handler may read them; whoever runs that closes them.
    """

    async def closing_forms(exchange: Exchange, path: Mapping[str, Any]) -> None:
        try:
            await handler(exchange, path)
        except Exception:
            raise
        except BaseException:
            await exchange.close_files()
            raise
        await exchange.close_files()

    return closing_forms


class HttpWriter(HandlerWriter):
    """Writes the handler of one HTTP route."""

    plan: RoutePlan

    def __init__(self, plan: RoutePlan, general: GeneralHandler, label: str) -> None:
        super().__init__(plan, general.steps, plan.body)
        self.label = label
        self.responder = general.responder
        self.streamer = general.streamer
        status = general.responder.status_code or 200
        self.status = status
        self.sends_json = self.responder.direct and is_body_allowed_for_status_code(status)
        self.source.names.update(
            resume=Resume(general, label, self.json_body).resume,
            render=self.responder.render,
            responder=self.responder,
            streamer=self.streamer,
            read_exchange_form=read_exchange_form,
            send_json_with=send_json_with,
            with_tasks=with_tasks,
            response_not_sent=response_not_sent,
            plan=plan,
        )

    def compile(self) -> Handler:
        """Write the whole handler and compile it."""
        source = self.source
        with source.block("async def handle(exchange, path):"):
            self._write_body()
            self.write_injected()
            if not self.has_lifetime:
                self._write_work()
            else:
                with source.block("async with Lifetime() as lifetime:"):
                    self._write_work()
                    source.line("return")
                source.line(f"raise response_not_sent({self.label!r})")
        return source.compile("handle", self.label)

    def _write_body(self) -> None:
        if self.body is None:
            return
        if self.json_body is not None:
            reading = self.json_body.reading(self.source, self.plan.strict_content_type)
            self.source.line(f"body = {reading}")
        else:
            self.source.line("body = await read_exchange_form(exchange, plan)")

    def _write_work(self) -> None:
        self.write_early_reads()
        self.write_dependencies()
        run = self.trailing_run()
        self.write_late_reads_of_endpoint(run)
        if self.streamer is not None:
            self._write_stream()
            return
        if self.endpoint_hops():
            self._write_endpoint_in_thread(run)
        else:
            function, arguments = self.call_parts(len(self.steps) - 1)
            self.source.line(f"result = await {function}({arguments})")
        self._write_answer(rendered=self.endpoint_hops())

    def write_late_reads_of_endpoint(self, run: Sequence[int]) -> None:
        """What the endpoint reads after all dependencies, when it has no run before it."""
        if len(run) == 1:
            self.write_late_reads(len(self.steps) - 1)

    def _write_endpoint_in_thread(self, run: Sequence[int]) -> None:
        """Call and render in one hop: both may take long, both may block."""
        source = self.source
        with source.block("def in_thread():"):
            self.write_calls_in_thread(run[:-1])
            function, arguments = self.call_parts(run[-1])
            source.line(f"result = {function}({arguments})")
            source.line("if isinstance(result, Response):")
            source.line("    return result, None")
            source.line("return result, render(result)")
        source.line("result, content = await run_sync(in_thread)")

    def _write_stream(self) -> None:
        function, arguments = self.call_parts(len(self.steps) - 1)
        injected, background = self.injected_arguments()
        self.source.line(f"items = {function}({arguments})")
        self.source.line(f"response = streamer.response(items, {injected}, {background})")
        self._write_close()
        self.source.line("await exchange.send_response(response)")

    def _write_close(self) -> None:
        """What has the lifetime "function" ends before the response is sent."""
        # A dependency that does not yield may have a lifetime too, and nothing to close.
        if self.has_lifetime and any(step.call.lifetime == "function" for step in self.steps):
            self.source.line("await lifetime.close_function_stack()")

    def _write_answer(self, rendered: bool) -> None:
        source = self.source
        with source.block("if isinstance(result, Response):"):
            if self.has_background:
                source.line("result = with_tasks(result, background)")
            self._write_close()
            source.line("await exchange.send_response(result)")
        with source.block("else:"):
            if not rendered:
                source.line("content = render(result)")
            if not self.sends_json:
                # A response class renders when it is made, and dependencies see it fail.
                injected, background = self.injected_arguments()
                source.line(f"response = responder.make(content, {injected}, {background})")
            self._write_close()
            self._write_send()

    def _write_send(self) -> None:
        source = self.source
        if not self.sends_json:
            source.line("await exchange.send_response(response)")
            return
        if self.has_response:
            source.line("await send_json_with(exchange, responder, content, injected)")
        else:
            write = "write_json" if self.has_lifetime or self.has_background else "write_last_json"
            with source.block(f"if not exchange.{write}(content, {self.status}):"):
                source.line(f"await exchange.send_json(content, {self.status})")
        if self.has_background:
            source.line("if background.tasks:")
            source.line("    await background()")

    def endpoint_hops(self) -> bool:
        return self.streamer is None and endpoint_kind(self.plan) is CallKind.THREAD

    def injected_names(self) -> dict[InjectedKind, str]:
        return {
            InjectedKind.REQUEST: "exchange.connection",
            InjectedKind.CONNECTION: "exchange.connection",
            **super().injected_names(),
        }

    def resume_arguments(self) -> str:
        values = ["exchange", "path", "body" if self.body is not None else "Undefined"]
        values.append("lifetime" if self.has_lifetime else "None")
        return ", ".join(values + self.injected_arguments())


class Resume:
    """Goes on in the exact way where a compiled handler left the short one.

    - `json_body`: how the handler has read its body, if that is JSON.
    """

    def __init__(self, general: GeneralHandler, label: str, json_body: JsonBody | None) -> None:
        self._general = general
        self._label = label
        self._json_body = json_body

    async def resume(
        self,
        exchange: Exchange,
        path: Mapping[str, Any],
        body: Any,
        lifetime: Lifetime | None,
        injected: Response | None,
        background: BackgroundTasks | None,
        done: Sequence[Any],
        known: Known,
    ) -> None:
        """Answer the request; see `run.exact.solve` for `done` and `known`."""
        if self._json_body is not None:
            body = self._json_body.for_exact_way(body)
        inputs = Inputs(
            connection=exchange.connection,
            path=path,
            body=body,
            embed=self._general.embed,
            lifetime=lifetime,
            response=injected,
            background=background,
        )
        response = await self._general.finish(inputs, done, known)
        if lifetime is not None:
            await lifetime.close_function_stack()
        await exchange.send_response(response)
