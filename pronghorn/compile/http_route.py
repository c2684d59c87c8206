"""Compile HTTP routes: read the body before the calls, send the response after them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from pronghorn.background import with_tasks
from pronghorn.compile.exact import ExactHandler, general_mode, read_exchange_form
from pronghorn.compile.limits import is_json_body, limit_body, limit_by_kind
from pronghorn.compile.steps import names_stacks, needs_lifetime, receives_connection
from pronghorn.compile.writer import HandlerWriter
from pronghorn.core.cancel_scopes import end_endpoint
from pronghorn.core.kinds import BodyKind, InjectedKind
from pronghorn.hooks import CompiledRoute, Handler, has_hooks, hooked
from pronghorn.plan.dependencies import order_calls
from pronghorn.plan.model import RoutePlan
from pronghorn.run.exchange import Exchange
from pronghorn.run.lifetime import (
    RequestHandler,
    outermost_stack,
    response_not_sent,
    run_with_lifetime,
)
from pronghorn.run.output.respond import send_json_with
from pronghorn.utils import is_body_allowed_for_status_code

__all__ = ["HttpWriter", "compile_custom", "compile_route"]


def compile_route(plan: RoutePlan, label: str, *, is_operation: bool = True) -> Handler:
    """Return the function that answers the requests of one route.

    Args:
        plan: The plan of the route.
        label: The route for people: `GET /items/{item_id}`.
        is_operation: False for a route that is not an operation, so hooks do not see it.
    """
    if plan.cache is not None and is_operation:
        from pronghorn.compile.cached import compile_cached  # Few programs keep responses.

        return finish_handler(plan, compile_cached(plan, label, exact_way))
    exact = ExactHandler(plan, label, is_operation)
    takes_stacks = names_stacks(exact.steps)
    handler = exact_handler = exact_way(exact, takes_stacks or exact.has_lifetime)
    if not general_mode() and not takes_stacks:
        handler = HttpWriter(exact).compile()
    if is_operation and has_hooks():
        staged = _make_staged(exact, exact_handler)
        handler = hooked(CompiledRoute(plan, handler, staged))
    if (
        plan.body is not None
        and plan.body.kind is BodyKind.FORM
        and receives_connection(exact.steps)
    ):
        handler = _with_stack(handler)
    return _with_limits(handler, plan)


def _make_staged(exact: ExactHandler, exact_handler: Handler) -> Handler:
    """Return the handler of one route for requests whose stages are reported to a watcher."""
    from pronghorn.compile.staged_route import compile_staged, is_plain  # Few programs need it.

    if not is_plain(exact) or is_guarded(exact.plan):
        return exact_handler
    return compile_staged(exact, exact_handler)


def _with_stack(handler: Handler) -> Handler:
    """Put into the scope the stack on which libraries close the files that they add to forms."""

    async def with_stack(exchange: Exchange, path: Mapping[str, Any]) -> None:
        async with outermost_stack(exchange.scope):
            await handler(exchange, path)

    return with_stack


def exact_way(exact: ExactHandler, has_lifetime: bool) -> Handler:
    """Return the exact way of one route as a handler; it opens a lifetime only if necessary."""
    if has_lifetime:
        return from_request_handler(exact.respond, exact.label)

    async def handler(exchange: Exchange, path: Mapping[str, Any]) -> None:
        await exchange.send_response(await exact.respond(exchange.connection))

    return handler


def from_request_handler(
    handle: RequestHandler, label: str, *, has_lifetime: bool = True
) -> Handler:
    """Return a handler for a function that takes the request and returns the response.

    Args:
        handle: The function.
        label: The route for people.
        has_lifetime: Whether a dependency may have exit code.
    """
    run = run_with_lifetime
    if not has_lifetime:
        from pronghorn.run.stacks import run_with_stacks as run  # Few programs need it.

    async def handler(exchange: Exchange, path: Mapping[str, Any]) -> None:
        await run(exchange, handle, label)

    return handler


def compile_custom(
    plan: RoutePlan, handle: RequestHandler, label: str, *, is_own: bool = False
) -> Handler:
    """Return the handler of a route whose request handler is not ours alone.

    Args:
        plan: The plan of the route, with its overrides.
        handle: The request handler: of the route's class, or around ours.
        label: The route for people.
        is_own: The route's class is ours, and so the graph is that of the plan.
    """
    if plan.cache is not None:
        from pronghorn.compile.cached import compile_cached  # Few programs keep responses.

        return finish_handler(plan, compile_cached(plan, label, exact_way, handle))
    steps = order_calls(plan.root)
    has_lifetime = not is_own or names_stacks(steps) or needs_lifetime(steps)
    return finish_handler(plan, from_request_handler(handle, label, has_lifetime=has_lifetime))


def finish_handler(plan: RoutePlan, handler: Handler) -> Handler:
    """Return the handler of a route that goes through its stages for every request.

    Args:
        plan: The plan of the route.
        handler: Answers all requests, also those whose stages are reported.
    """
    return _with_limits(hooked(CompiledRoute(plan, handler, handler)), plan)


def _with_limits(handler: Handler, plan: RoutePlan) -> Handler:
    if plan.body is not None and plan.body.kind is BodyKind.FORM:
        handler = _close_forms(handler)
    handler = limit_by_kind(
        handler,
        plan.max_body_size,
        plan.max_json_size,
        limit_body,
        untyped=plan.strict_content_type,
        is_json=is_json_body(plan),
    )
    if is_guarded(plan):
        from pronghorn.run.guarded import guard_handler  # Few programs need it.

        label = f"{','.join(sorted(plan.methods))} {plan.path_format}"
        timeout = None if plan.timeout == inf else plan.timeout
        cancels = plan.on_disconnect == "cancel"
        handler = guard_handler(handler, label, timeout, cancels_on_disconnect=cancels)
    return handler


def is_guarded(plan: RoutePlan) -> bool:
    """Return True if the endpoint of a route may be cancelled."""
    return plan.timeout not in (None, inf) or plan.on_disconnect == "cancel"


def _close_forms(handler: Handler) -> Handler:
    """Close uploaded files at the end of the request.

    After an exception they stay open, because its handler may read them; the caller of that
    handler closes them.
    """

    async def close_forms(exchange: Exchange, path: Mapping[str, Any]) -> None:
        try:
            await handler(exchange, path)
        except Exception:
            raise
        except BaseException:
            await exchange.close_files()
            raise
        await exchange.close_files()

    return close_forms


class HttpWriter(HandlerWriter):
    """Writes the handler of one HTTP route."""

    plan: RoutePlan

    def __init__(self, exact: ExactHandler) -> None:
        super().__init__(exact.plan, exact.steps, exact.plan.body)
        self.label = exact.label
        self.in_thread = exact.in_thread
        self.responder = exact.responder
        self.streamer = exact.streamer
        self.has_response = InjectedKind.RESPONSE in self.shared
        self.has_background = InjectedKind.BACKGROUND_TASKS in self.shared
        status = exact.responder.status_code or 200
        self.status = status
        self.sends_json = self.responder.direct and is_body_allowed_for_status_code(status)
        self.source.names.update(
            resume=exact.resume,
            render=self.responder.render,
            responder=self.responder,
            streamer=self.streamer,
            read_exchange_form=read_exchange_form,
            send_json_with=send_json_with,
            with_tasks=with_tasks,
            response_not_sent=response_not_sent,
            end_endpoint=end_endpoint,
            plan=exact.plan,
        )

    def compile(self) -> Handler:
        """Write the whole handler and compile it."""
        source = self.source
        with source.block("async def handle(exchange, path):"):
            self._write_body()
            self.write_shared()
            if not self.has_lifetime:
                self.write_work()
            else:
                with source.block(f"async with Lifetime({self.label!r}) as lifetime:"):
                    self.write_work()
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

    def write_work(self) -> None:
        """Write everything from reading the parameters on."""
        self.write_early_reads()
        self.write_dependencies()
        run = self.trailing_run()
        self.write_late_reads_of_endpoint(run)
        if self.streamer is not None:
            self.write_stream()
            return
        if self.endpoint_hops():
            self._write_endpoint_in_thread(run)
        else:
            function, arguments = self.call_parts(len(self.steps) - 1)
            self.source.line(f"result = await {function}({arguments})")
            self._write_end_of_endpoint()
        self.write_answer(rendered=self.endpoint_hops())

    def write_late_reads_of_endpoint(self, run: Sequence[int]) -> None:
        """Write the late reads of the endpoint, unless it shares a thread with dependencies."""
        if len(run) == 1:
            self.write_late_reads(len(self.steps) - 1)

    def _write_endpoint_in_thread(self, run: Sequence[int]) -> None:
        """Write the call and the rendering in one hop to a thread: both may be slow or block."""
        source = self.source
        with source.block("def in_thread():"):
            self.write_calls_in_thread(run[:-1])
            function, arguments = self.call_parts(run[-1])
            source.line(f"result = {function}({arguments})")
            source.line("if isinstance(result, Response):")
            source.line("    return result, None")
            source.line("return result, render(result)")
        self.write_claim(run[0])
        self._write_end_of_endpoint()  # A thread cannot be stopped.
        source.line("result, content = await run_in_thread(in_thread)")

    def _write_end_of_endpoint(self) -> None:
        if is_guarded(self.plan):
            self.source.line("end_endpoint()")

    def write_stream(self) -> None:
        """Write the end of a route that streams."""
        function, arguments = self.call_parts(len(self.steps) - 1)
        self.source.line(f"items = {function}({arguments})")
        self._write_end_of_endpoint()  # Its stream ends when the client leaves, as always.
        self.source.line(f"response = streamer.response(items, {self.effects()})")
        self._write_close()
        self.source.line("await exchange.send_response(response)")

    def _write_close(self) -> None:
        """Write the end of the lifetime "function", which comes before the response is sent."""
        # A dependency that does not yield may also have a lifetime, but it has no exit code.
        if self.has_lifetime and any(step.call.lifetime == "function" for step in self.steps):
            self.source.line("await lifetime.close_function_stack()")

    def write_answer(self, rendered: bool) -> None:
        """Write what becomes of the result; `rendered` says that `content` exists already."""
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
                # A response class renders when it is instantiated, and dependencies see its errors.
                source.line(f"response = responder.make(content, {self.effects()})")
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

    def effects(self) -> str:
        """Return, as arguments, the objects with which calls change the response."""
        response = self.name_shared_variable(InjectedKind.RESPONSE)
        return f"{response}, {self.name_shared_variable(InjectedKind.BACKGROUND_TASKS)}"

    def endpoint_hops(self) -> bool:
        return self.streamer is None and self.in_thread
