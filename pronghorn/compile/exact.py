"""The exact way through a route: read the body, solve the graph, call the endpoint, respond.

This is the only interpreter beside the generated handlers. It continues for a generated handler
whose short way fails, answers requests with a watcher (those of plain routes take
`compile.staged_route`), and serves routes whose class builds its own handler; with
`PRONGHORN_GENERAL=1` it answers all requests, so that both engines can be compared. These uses
differ only in the functions that it calls (`compile.stages`). `run.exact` calls the dependencies.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic

from pydantic_core import PydanticUndefined
from starlette.background import BackgroundTasks
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Scope

from pronghorn._form_limits import limits_in_scope
from pronghorn.background import with_tasks
from pronghorn.compile.stages import Functions, make_caller, produce_in_thread, report_functions
from pronghorn.compile.steps import (
    calls_of,
    endpoint_context,
    find_shared,
    needs_lifetime,
)
from pronghorn.core.cancel_scopes import GUARDS, end_endpoint
from pronghorn.core.kinds import GENERATORS, BodyKind, CallKind
from pronghorn.core.records import replace
from pronghorn.core.threads.hop import call_in_thread
from pronghorn.exceptions import RequestValidationError, WebSocketRequestValidationError
from pronghorn.fields.field import Field
from pronghorn.hooks import WATCHER, Watcher
from pronghorn.plan.dependencies import order_calls
from pronghorn.plan.model import PlanT, RoutePlan, WebSocketPlan
from pronghorn.run.exact import Inputs, Known, solve
from pronghorn.run.exchange import Exchange
from pronghorn.run.injected import make_shared
from pronghorn.run.input.body import read_request_json, unreadable_body
from pronghorn.run.input.forms import read_form
from pronghorn.run.input.urlencoded import read_small_form
from pronghorn.run.lifetime import Lifetime
from pronghorn.run.output.respond import Responder

if TYPE_CHECKING:
    from pronghorn.fields.masked_errors import ErrorMask
    from pronghorn.run.streaming.response import Streamer


def general_mode() -> bool:
    """Return True if the short ways are switched off, to compare them with the exact way."""
    return os.environ.get("PRONGHORN_GENERAL") == "1"


class ExactRoute(Generic[PlanT]):
    """The base class of the exact ways of HTTP and WebSocket routes.

    Args:
        plan: The plan of the route.
        label: The route for people: `GET /items/{item_id}`.
        is_operation: False for a route that is not an operation, so no stage of it is reported.
    """

    #: The functions that the interpreter calls.
    functions: Functions
    embed = False

    def __init__(self, plan: PlanT, label: str, is_operation: bool = True) -> None:
        self.plan = plan
        self.label = label
        self.steps = order_calls(plan.root)
        self.shared = find_shared(self.steps)
        self.context = endpoint_context(plan, label)
        self._is_operation = is_operation
        self.has_lifetime = needs_lifetime(self.steps)
        self._mask: ErrorMask | None = None

    def _functions_for(self, connection: HTTPConnection, functions: Functions) -> Functions:
        """Return the functions to call for one connection, which may have a watcher."""
        watcher: Watcher | None = connection.scope.get(WATCHER) if self._is_operation else None
        if watcher is None:
            return functions
        watcher.started(connection, self.plan)
        return report_functions(functions, watcher)

    def show_errors(self, errors: Sequence[Any], scope: Scope) -> Sequence[Any]:
        """Return the errors of a request as its application wants them shown."""
        if self._mask is None:
            from pronghorn.fields.masked_errors import ErrorMask  # Only wrong requests need it.

            self._mask = ErrorMask(self._read_fields, embed=self.embed)
        return self._mask.apply_for(scope.get("app"), errors)

    def _read_fields(self) -> Iterator[Field]:
        for step in self.steps:
            yield from (*step.call.parameter_fields, *step.call.body_fields)

    async def resume(
        self,
        exchange: Exchange,
        path: Mapping[str, Any],
        body: Any,
        lifetime: Lifetime | None,
        shared: Sequence[Any],
        done: Sequence[Any],
        known: Known,
    ) -> None:
        """Continue where a generated handler left the short way.

        Args:
            exchange: The request and its response.
            path: The path parameters.
            body: The body, in the form that the exact way expects.
            lifetime: The open stacks; None if the route does not need them.
            shared: The objects of the kinds in `self.shared`.
            done: The results of the first calls, which the handler has already made.
            known: The values that the handler has already read.
        """
        response = await self.finish_from(exchange, path, body, lifetime, shared, done, known)
        if response is None:
            return
        if lifetime is not None:
            await lifetime.close_function_stack()
        await exchange.send_response(response)

    async def finish_from(
        self,
        source: HTTPConnection | Exchange,
        path: Mapping[str, Any],
        body: Any,
        lifetime: Lifetime | None,
        shared: Sequence[Any],
        done: Sequence[Any],
        known: Known,
    ) -> Response | None:
        """Do as `resume`, but return the response."""
        made = dict(zip(self.shared, shared, strict=True))
        finished = dict(enumerate(done))
        inputs = Inputs(source, path, body, self.embed, lifetime, made, finished, known)
        return await self._finish(self.functions, inputs)

    async def _finish(self, functions: Functions, inputs: Inputs) -> Response | None:
        """Do every step after reading the body; return the response, or None for a WebSocket."""
        raise NotImplementedError


class ExactHandler(ExactRoute[RoutePlan]):
    """Answers the requests of one HTTP route, one rule after the other."""

    def __init__(self, plan: RoutePlan, label: str, is_operation: bool = True) -> None:
        super().__init__(plan, label, is_operation)
        self.embed = bool(plan.body and plan.body.embed)
        self.responder = _make_responder(plan, self.context)
        self.streamer = _make_streamer(plan, self.responder)
        kind, is_stream = plan.root.kind, plan.response.stream is not None
        #: Calling the function of a generator that is not streamed makes it, which may block.
        self.in_thread = kind is CallKind.THREAD or (kind in GENERATORS and not is_stream)
        render = self.responder.render
        self.functions = Functions(
            read=partial(read_body, plan=plan),
            solve=partial(solve, calls_of(self.steps)),
            call=make_caller(plan.root.call),
            serialize=render if self.in_thread else _as_coroutine(render),
            in_thread=self.in_thread,
            make=self.responder.make if self.streamer is None else self.streamer.response,
        )
        #: The functions for whole requests; None until the first of those.
        self.stages: Functions | None = None
        #: The same for `respond_or_render`.
        self._rendering: Functions | None = None

    def make_stages(self) -> Functions:
        """Return the functions for a whole request; the stage of the dependencies is compiled."""
        stages = self.functions
        if not general_mode():
            from pronghorn.compile.staged import compile_solve  # Few programs need it.

            calls = calls_of(self.steps)
            stages = replace(stages, solve=compile_solve(self.plan, self.label, self.steps, calls))
        self.stages = stages
        return stages

    async def respond(self, request: Request) -> Response:
        """Return the response to a request; `APIRoute.get_route_handler` returns this method."""
        response: Response = await self._respond(request, self.stages or self.make_stages())
        return response

    async def respond_or_render(self, request: Request) -> Any:
        """Return the response to a request, or its body if it is JSON and nothing more.

        Only for a route that is plain (`compile.staged_route.is_plain`).
        """
        if self._rendering is None:
            self._rendering = replace(self.stages or self.make_stages(), make=self._keep_body)
        return await self._respond(request, self._rendering)

    def _keep_body(
        self, content: bytes, injected: Any, background: BackgroundTasks | None
    ) -> Response | bytes:
        """Return the body; a response if a library, which solves the graph, has changed that."""
        if background is None and (
            injected is None or (injected.status_code is None and not injected.raw_headers)
        ):
            return content
        return self.responder.make(content, injected, background)

    async def _respond(self, request: Request, functions: Functions) -> Any:
        functions = self._functions_for(request, functions)
        body = await functions.read(request)
        lifetime: Lifetime | None = None
        if self.has_lifetime:
            from pronghorn.run.stacks import find_lifetime

            lifetime = find_lifetime(request)
        shared = make_shared(self.shared)
        inputs = Inputs(request, request.path_params, body, self.embed, lifetime, shared)
        return await self._finish(functions, inputs)

    async def _finish(self, functions: Functions, inputs: Inputs) -> Any:
        """Return the response to a request whose body has been read."""
        arguments, errors = await functions.solve(inputs)
        if errors:
            body = None if inputs.body is PydanticUndefined else inputs.body
            found = self.show_errors(errors, inputs.source.scope)
            # The error of Pydantic, which is being handled, would show its input in a log.
            raise RequestValidationError(found, body=body, endpoint_ctx=self.context()) from None
        if self.streamer is not None:
            # The call only makes the generator; its code runs while the response is sent.
            result = content = self.plan.root.call(**arguments)
            if GUARDS:
                end_endpoint()
        elif functions.in_thread:
            if inputs.lifetime is not None:
                inputs.lifetime.claim()
            if GUARDS:  # A thread cannot be stopped.
                end_endpoint()
            result, content = await call_in_thread(produce_in_thread, functions, arguments)
        else:
            result = await functions.call(arguments)
            if GUARDS:
                end_endpoint()
            is_response = isinstance(result, Response)
            content = None if is_response else await functions.serialize(result)
        if isinstance(result, Response):
            return with_tasks(result, inputs.background)
        return functions.make(content, inputs.response, inputs.background)


class ExactConnection(ExactRoute[WebSocketPlan]):
    """Serves the connections of one WebSocket route.

    A dependency that is also used by HTTP routes receives the response and background tasks that
    it asks for; as in FastAPI, that response is never sent and the tasks never run.
    """

    def __init__(self, plan: WebSocketPlan, label: str) -> None:
        super().__init__(plan, label)
        self.functions = Functions(
            partial(solve, calls_of(self.steps)), make_caller(plan.root.call)
        )

    async def serve(self, exchange: Exchange, path: Mapping[str, Any]) -> None:
        """Serve a connection."""
        async with Lifetime() as lifetime:
            shared = make_shared(self.shared)
            await self.run(Inputs(exchange.connection, path, lifetime=lifetime, shared=shared))

    async def run(self, inputs: Inputs) -> None:
        """Serve a connection whose stacks are already open."""
        await self._finish(self._functions_for(inputs.connection, self.functions), inputs)

    async def _finish(self, functions: Functions, inputs: Inputs) -> None:
        arguments, errors = await functions.solve(inputs)
        if errors:
            found = self.show_errors(errors, inputs.source.scope)
            raise WebSocketRequestValidationError(found, endpoint_ctx=self.context()) from None
        await functions.call(arguments)


def _as_coroutine(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    async def coroutine(value: Any) -> Any:
        return function(value)

    return coroutine


def _make_responder(plan: RoutePlan, context: Any) -> Responder:
    response = plan.response
    return Responder(
        model_field=response.field,
        response_class=response.response_class,
        direct=not response.explicit_class,
        as_it_is=plan.root.kind in GENERATORS and response.stream is None,
        status_code=response.status_code,
        context=context,
        serialization=response.serialization,
    )


def _make_streamer(plan: RoutePlan, responder: Responder) -> Streamer | None:
    response = plan.response
    if response.stream is None:
        return None
    from pronghorn.run.streaming.response import Streamer  # Few programs stream.

    return Streamer(
        response.stream,
        response.item_field,
        response.response_class,
        response.status_code,
        responder.options,
        responder.context,
    )


# --- the body -------------------------------------------------------------------------------


async def read_body(request: Request, plan: RoutePlan) -> Any:
    """Return the body of a request, read through methods that a program may have overridden."""
    if plan.body is None:
        return PydanticUndefined
    if plan.body.kind is BodyKind.JSON:
        return await read_request_json(request, plan.strict_content_type)
    return await _read_form(request, plan)


async def read_exchange_form(exchange: Exchange, plan: RoutePlan) -> Any:
    """Return the form of an exchange; a small form is read without a request object."""
    try:
        limits = limits_in_scope(exchange.scope, plan.form_limits)
        form = await read_small_form(exchange, limits)
    except Exception as error:
        raise unreadable_body(error) from error
    return await _read_form(exchange.connection, plan) if form is None else form


async def _read_form(request: Request, plan: RoutePlan) -> Any:
    """Return the form of a request, read within the limits of its route."""
    try:
        return await read_form(request, limits_in_scope(request.scope, plan.form_limits))
    except Exception as error:
        raise unreadable_body(error) from error
