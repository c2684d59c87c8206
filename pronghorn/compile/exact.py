"""The general way to answer a request: the exact solver, then the endpoint, then a response.

It serves routes whose handler the program builds itself (`APIRoute.get_route_handler`), takes
over from a compiled handler when its short way fails, and answers everything when
`PRONGHORN_GENERAL=1` switches the short ways off.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Scope

from pronghorn._form_limits import limits_in_scope
from pronghorn.background import BackgroundTasks
from pronghorn.compile.steps import (
    OUTERMOST_STACK,
    endpoint_kind,
    injects,
    names_stacks,
    needs_lifetime,
)
from pronghorn.exceptions import (
    EndpointContext,
    RequestValidationError,
    WebSocketRequestValidationError,
)
from pronghorn.hooks import WATCHER, Handler, Watcher
from pronghorn.plan.dependencies import Step
from pronghorn.plan.model import BodyKind, CallKind, InjectedKind, RoutePlan, WebSocketPlan
from pronghorn.run.exact import Call, Inputs, Known, solve
from pronghorn.run.exchange import Exchange
from pronghorn.run.input.body import read_request_json, unreadable_body
from pronghorn.run.input.forms import read_form
from pronghorn.run.input.urlencoded import read_small_form
from pronghorn.run.lifetime import Lifetime, response_not_sent
from pronghorn.run.output.respond import Responder, make_injected_response
from pronghorn.run.streaming.response import Streamer

#: Where the outer handler leaves the lifetime for the inner one, in the ASGI scope.
LIFETIME_KEY = "pronghorn.lifetime"
RequestHandler = Callable[[Request], Awaitable[Response]]


def general_mode() -> bool:
    """Whether the short ways are switched off, to compare them with the general way."""
    return os.environ.get("PRONGHORN_GENERAL") == "1"


@dataclass
class GeneralHandler:
    """Answers requests of one route, one rule after the other."""

    plan: RoutePlan
    calls: Sequence[Call]
    steps: Sequence[Step]
    responder: Responder
    streamer: Streamer | None
    context: Callable[[], EndpointContext]

    def __post_init__(self) -> None:
        self.embed = bool(self.plan.body and self.plan.body.embed)
        self.in_thread = endpoint_kind(self.plan) is CallKind.THREAD
        self.names_stacks = names_stacks(self.steps)
        self.needs_lifetime = self.names_stacks or needs_lifetime(self.steps)
        self.needs_response = injects(self.steps, InjectedKind.RESPONSE)
        self.needs_background = injects(self.steps, InjectedKind.BACKGROUND_TASKS)

    async def respond(self, request: Request) -> Response:
        """The response to a request; what `APIRoute.get_route_handler` gives."""
        watcher = watcher_of(request)
        if watcher is not None and type(self).finish is GeneralHandler.finish:
            return await respond_watched(self, request, watcher)
        return await self.answer(request)

    async def answer(self, request: Request) -> Response:
        """The same without telling anybody who watches."""
        return await self.finish(await self.read(request))

    async def read(self, request: Request) -> Inputs:
        """Where the values of this request come from, its body read."""
        return Inputs(
            connection=request,
            path=request.path_params,
            body=await read_body(request, self.plan),
            embed=self.embed,
            lifetime=request.scope.get(LIFETIME_KEY),
            response=make_injected_response() if self.needs_response else None,
            background=BackgroundTasks() if self.needs_background else None,
        )

    async def finish(
        self, inputs: Inputs, done: Sequence[Any] = (), known: Known | None = None
    ) -> Response:
        """Solve, call the endpoint, make the response.

        - `done`, `known`: see `run.exact.solve`.
        """
        arguments, errors = await solve(self.calls, inputs, done, known)
        if errors:
            raise self.invalid(inputs, errors)
        return self.make_response(await self._call_endpoint(arguments), inputs)

    def invalid(self, inputs: Inputs, errors: Sequence[Any]) -> RequestValidationError:
        """The error for a request that does not fit."""
        body = None if inputs.body is PydanticUndefined else inputs.body
        return RequestValidationError(errors, body=body, endpoint_ctx=self.context())

    def make_response(self, result: Any, inputs: Inputs) -> Response:
        """The response for what the endpoint returned."""
        maker = self.streamer or self.responder
        if isinstance(result, Response):
            maker = self.responder
        return maker.response(result, inputs.response, inputs.background)

    async def _call_endpoint(self, arguments: Mapping[str, Any]) -> Any:
        endpoint = self.calls[-1].function
        if self.streamer is not None:
            return endpoint(**arguments)
        if self.in_thread:
            return await run_in_threadpool(endpoint, **arguments)
        return await endpoint(**arguments)


async def read_body(request: Request, plan: RoutePlan) -> Any:
    """Read the body of a request, whose methods a program may have overridden."""
    if plan.body is None:
        return PydanticUndefined
    if plan.body.kind is BodyKind.JSON:
        return await read_request_json(request, plan.strict_content_type)
    return await read_form_body(request, plan)


async def read_form_body(request: Request, plan: RoutePlan) -> Any:
    """Read a form within the limits of its route."""
    try:
        return await read_form(request, limits_in_scope(request.scope, plan.form_limits))
    except Exception as error:
        raise unreadable_body(error) from error


async def read_exchange_form(exchange: Exchange, plan: RoutePlan) -> Any:
    """The same for an exchange, which needs no request object for a small form."""
    try:
        limits = limits_in_scope(exchange.scope, plan.form_limits)
        form = await read_small_form(exchange, limits)
    except Exception as error:
        raise unreadable_body(error) from error
    return await read_form_body(exchange.connection, plan) if form is None else form


@asynccontextmanager
async def outermost_stack(scope: Scope) -> AsyncIterator[None]:
    """Have the stack in the scope that is closed after everything else of a request."""
    if OUTERMOST_STACK in scope:
        yield
        return
    async with AsyncExitStack() as stack:
        scope[OUTERMOST_STACK] = stack
        try:
            yield
        finally:
            # A middleware may let the same scope be answered again, with a stack of its own.
            del scope[OUTERMOST_STACK]


async def run_with_lifetime(exchange: Exchange, handler: RequestHandler, where: str) -> None:
    """Let a request handler answer, with stacks open around it that it finds in the scope."""
    async with outermost_stack(exchange.scope):
        await _answer_with_lifetime(exchange, handler, where)


async def _answer_with_lifetime(exchange: Exchange, handler: RequestHandler, where: str) -> None:
    async with Lifetime() as lifetime:
        exchange.scope[LIFETIME_KEY] = lifetime
        exchange.scope["fastapi_inner_astack"] = lifetime.request_stack
        exchange.scope["fastapi_function_astack"] = lifetime.function_stack
        response = await handler(exchange.connection)
        await lifetime.close_function_stack()
        await exchange.send_response(response)
        return
    raise response_not_sent(where)


# --- watched --------------------------------------------------------------------------------
#
# The stages of a route, told one by one to the watcher of the request (see `pronghorn.hooks`). The
# calls are those above; only what stands around them is different.


def watcher_of(connection: HTTPConnection) -> Watcher | None:
    """Who watches this request, if anybody does."""
    return connection.scope.get(WATCHER)


async def respond_watched(handler: GeneralHandler, request: Request, watcher: Watcher) -> Response:
    """The response to a request, made in stages."""
    watcher.started(request, handler.plan)
    try:
        inputs = await handler.read(request)
    except RequestValidationError as error:
        watcher.unreadable(error.body, error.errors())
        raise
    watcher.body_read(None if inputs.body is PydanticUndefined else inputs.body)
    arguments, errors = await solve_watched(handler.calls, inputs, watcher)
    if errors:
        raise handler.invalid(inputs, errors)
    return await call_watched(handler, arguments, inputs, watcher)


async def call_watched(
    handler: GeneralHandler, arguments: Mapping[str, Any], inputs: Inputs, watcher: Watcher
) -> Response:
    """Call the endpoint and serialize its result, where the endpoint runs."""
    endpoint = handler.calls[-1].function
    if handler.streamer is not None:
        # The endpoint only makes its generator; its code runs while the response is sent.
        return handler.make_response(endpoint(**arguments), inputs)

    def in_thread() -> Response:
        with watcher.stage("endpoint"):
            result = endpoint(**arguments)
        return serialize_watched(handler, result, inputs, watcher)

    if handler.in_thread:
        return await run_in_threadpool(in_thread)
    with watcher.stage("endpoint"):
        result = await endpoint(**arguments)
    return serialize_watched(handler, result, inputs, watcher)


def serialize_watched(
    handler: GeneralHandler, result: Any, inputs: Inputs, watcher: Watcher
) -> Response:
    """The response for what the endpoint returned; a response is not serialized."""
    if isinstance(result, Response):
        return handler.make_response(result, inputs)
    with watcher.stage("serialization"):
        return handler.make_response(result, inputs)


async def solve_watched(
    calls: Sequence[Call], inputs: Inputs, watcher: Watcher
) -> tuple[dict[str, Any], list[Any]]:
    """Call the dependencies as one stage."""
    with watcher.stage("dependencies"):
        arguments, errors = await solve(calls, inputs)
    watcher.solved(arguments, errors)
    return arguments, errors


def watched_websocket(
    plan: WebSocketPlan,
    calls: Sequence[Call],
    injected: Callable[[], tuple[Any, Any]],
    context: Any,
) -> Handler:
    """The handler of a WebSocket route in stages.

    - `injected`: makes the response and the background tasks that its calls ask for.
    """

    async def serve_watched(exchange: Exchange, path: Mapping[str, Any]) -> None:
        watcher: Watcher = exchange.scope[WATCHER]
        connection = exchange.connection
        watcher.started(connection, plan)
        async with Lifetime() as lifetime:
            response, background = injected()
            inputs = Inputs(
                connection=connection,
                path=path,
                lifetime=lifetime,
                response=response,
                background=background,
            )
            arguments, errors = await solve_watched(calls, inputs, watcher)
            if errors:
                raise WebSocketRequestValidationError(errors, endpoint_ctx=context())
            with watcher.stage("endpoint"):
                await calls[-1].function(**arguments)

    return serve_watched
