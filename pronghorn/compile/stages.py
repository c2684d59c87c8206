"""The functions that the exact way calls for the stages of a route, and how they are reported.

The interpreter (`compile.exact`) calls the functions of a table. By default they are the route's
own. If a library has replaced functions of `fastapi.routing`, the table calls the replacements
(`routes.replaced_functions`). For a request with a watcher, another table wraps the same functions
and reports each stage, so the interpreter does not change.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from pydantic_core import PydanticUndefined
from starlette.requests import Request
from starlette.responses import Response

from pronghorn.core.records import Record
from pronghorn.exceptions import RequestValidationError
from pronghorn.hooks import Watcher
from pronghorn.run.exact import Inputs, Solved

Read = Callable[[Request], Awaitable[Any]]
Solve = Callable[[Inputs], Awaitable[Solved]]


def make_caller(endpoint: Callable[..., Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Return a function that calls an endpoint with a mapping of arguments."""
    return lambda arguments: endpoint(**arguments)


async def read_nothing(request: Request) -> Any:
    """Return `PydanticUndefined`, the value for an absent body."""
    return PydanticUndefined


def keep_result(result: Any) -> Any:
    """Return a result unchanged."""
    return result


def make_nothing(content: Any, injected: Any, background: Any) -> None:
    """Return None, the response to a WebSocket connection."""


class Functions(Record):
    """The functions that the interpreter of a route calls.

    Attributes:
        solve: Returns the arguments of the endpoint and the errors in the request.
        call: Takes the mapping of arguments from `solve` and returns the endpoint's result.
        serialize: Returns the content of the response; not called if the result is a `Response`.
        in_thread: True if `call` and `serialize` are ordinary functions, to run in one hop to a
            worker thread; otherwise both are coroutine functions.
        read: Returns the body of a request; called before the others.
        make: Makes the response out of the content, the response on which calls have set headers,
            and the background tasks. A WebSocket connection has none.
    """

    solve: Solve
    call: Callable[[Mapping[str, Any]], Any]
    serialize: Callable[[Any], Any] = keep_result
    in_thread: bool = False
    read: Read = read_nothing
    make: Callable[..., Any] = make_nothing


def produce_in_thread(functions: Functions, arguments: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the endpoint's result and its content, in one hop, because both may take long."""
    result = functions.call(arguments)
    return result, None if isinstance(result, Response) else functions.serialize(result)


# --- reporting to a watcher -------------------------------------------------------------------


def report_functions(functions: Functions, watcher: Watcher) -> Functions:
    """Return the functions wrapped so that a watcher learns of each stage."""
    stage = _in_stage_of_thread if functions.in_thread else _in_stage
    return Functions(
        read=partial(report_body, functions.read, watcher),
        solve=partial(report_solve, functions.solve, watcher),
        call=partial(stage, functions.call, watcher, "endpoint"),
        serialize=partial(stage, functions.serialize, watcher, "serialization"),
        in_thread=functions.in_thread,
        make=functions.make,
    )


async def report_body(read: Read, watcher: Watcher, request: Request) -> Any:
    """Return the body of a request; tell a watcher of it, or that it cannot be read."""
    try:
        body = await read(request)
    except RequestValidationError as error:
        watcher.unreadable(error.body, error.errors())
        raise
    watcher.body_read(None if body is PydanticUndefined else body)
    return body


async def report_solve(solve: Solve, watcher: Watcher, inputs: Inputs) -> Solved:
    """Return the arguments of the endpoint and the errors, after telling a watcher of them."""
    with watcher.stage("dependencies"):
        arguments, errors = await solve(inputs)
    watcher.solved(arguments, errors)
    return arguments, errors


async def _in_stage(function: Callable[[Any], Any], watcher: Watcher, name: str, value: Any) -> Any:
    with watcher.stage(name):
        return await function(value)


def _in_stage_of_thread(
    function: Callable[[Any], Any], watcher: Watcher, name: str, value: Any
) -> Any:
    with watcher.stage(name):
        return function(value)
