"""Call the functions of `fastapi.routing` that a library has replaced.

They are looked up at each request, because a test may replace one for a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from pronghorn.compile.exact import ExactHandler
from pronghorn.compile.stages import Functions, Solve
from pronghorn.core.kinds import InjectedKind
from pronghorn.core.monkeypatches import ROUTING, STEP_FUNCTIONS, current, is_replaced
from pronghorn.core.records import replace
from pronghorn.core.threads.hop import call_in_thread
from pronghorn.dependencies.solving import Prepared, keep_prepared
from pronghorn.fields.json_writer import json_bytes
from pronghorn.run.exact import Inputs, Solved
from pronghorn.run.lifetime import REQUEST_STACK

if TYPE_CHECKING:
    from pronghorn.dependencies.models import Dependant


def use_replacements(
    exact: ExactHandler, dependant: Dependant, overrides: Mapping[Any, Any], provider: Any
) -> None:
    """Let the stages of a route call what a library has put in place of `STEP_FUNCTIONS`.

    Args:
        exact: The route.
        dependant: The endpoint's graph, which the replacements receive.
        overrides: The overrides with which the route was planned.
        provider: An object with `dependency_overrides`, such as the application.
    """
    prepared = Prepared(exact.steps, exact.make_stages().solve)
    keep_prepared(dependant, overrides, prepared)
    exact.stages = current_functions(exact, dependant, provider)


def current_functions(route: ExactHandler, dependant: Dependant, provider: Any) -> Functions:
    """Return a table that looks up the replaced functions of `fastapi.routing` at each request.

    Functions that are not replaced are the route's own. When another one is replaced, the route is
    compiled again.

    Args:
        route: The route, with its own table.
        dependant: The endpoint's graph; its `call` is the endpoint.
        provider: An object with `dependency_overrides`, such as the application.
    """
    own = route.stages or route.make_stages()
    if is_replaced(ROUTING, "solve_dependencies"):
        own = replace(own, solve=current_solve(dependant, provider))
    replaced = [is_replaced(ROUTING, name) for name in STEP_FUNCTIONS[1:]]
    if not any(replaced):
        return own
    call = _current_call(route, dependant) if replaced[0] else _as_coroutine(own.call, own)
    serialize = _current_serialize(route) if replaced[1] else _as_coroutine(own.serialize, own)
    return replace(own, call=call, serialize=serialize, in_thread=False)


def _as_coroutine(function: Callable[[Any], Any], own: Functions) -> Callable[[Any], Any]:
    """Return one of the route's own functions as a coroutine function."""
    if not own.in_thread:
        return function

    async def in_thread(value: Any) -> Any:
        return await call_in_thread(function, value)

    return in_thread


def _current_call(route: ExactHandler, dependant: Dependant) -> Callable[[Any], Any]:
    is_coroutine = not route.in_thread

    async def call(arguments: Mapping[str, Any]) -> Any:
        return await current("run_endpoint_function")(
            dependant=dependant, values=arguments, is_coroutine=is_coroutine
        )

    return call


def _current_serialize(route: ExactHandler) -> Callable[[Any], Any]:
    is_coroutine, responder = not route.in_thread, route.responder

    async def serialize(result: Any) -> Any:
        content = await current("serialize_response")(
            field=responder.model_field,
            response_content=result,
            **responder.options,
            is_coroutine=is_coroutine,
            endpoint_ctx=route.context(),
            dump_json=responder.direct and responder.model_field is not None,
        )
        return json_bytes(content) if responder.direct and type(content) is not bytes else content

    return serialize


def current_solve(dependant: Dependant, provider: Any, *, is_http: bool = True) -> Solve:
    """Return a function that looks up `solve_dependencies` at each request and calls it.

    Args:
        dependant: The graph of the endpoint.
        provider: Has `dependency_overrides`, such as the application.
        is_http: Whether to pass a body, which only an HTTP request has: a replacement receives the
            keywords that FastAPI passes.
    """

    async def solve(inputs: Inputs) -> Solved:
        solved = await current("solve_dependencies")(
            request=inputs.connection,
            dependant=dependant,
            **({"body": inputs.body} if is_http else {}),
            dependency_overrides_provider=provider,
            async_exit_stack=_stack_of(inputs),
            embed_body_fields=inputs.embed,
        )
        inputs.shared[InjectedKind.RESPONSE] = solved.response
        inputs.shared[InjectedKind.BACKGROUND_TASKS] = solved.background_tasks
        return solved.values, solved.errors

    return solve


def _stack_of(inputs: Inputs) -> AsyncExitStack[bool | None]:
    """Return the stack for the lifetime "request"; a new one outside of a route's handler."""
    if inputs.lifetime is not None:
        return inputs.lifetime.request_stack
    return inputs.connection.scope.get(REQUEST_STACK) or AsyncExitStack()
