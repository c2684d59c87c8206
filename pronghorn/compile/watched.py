"""The stages of a route, told one by one to the watcher of the request (see `pronghorn.hooks`).

The calls are those of the general way; only what stands around them is different.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from pronghorn.exceptions import RequestValidationError, WebSocketRequestValidationError
from pronghorn.hooks import WATCHER, Handler, Watcher
from pronghorn.run.exchange import Exchange
from pronghorn.run.lifetime import Lifetime
from pronghorn.run.solve import Call, Inputs, solve

if TYPE_CHECKING:
    from pronghorn.compile.general import GeneralHandler
    from pronghorn.plan.model import WebSocketPlan


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
