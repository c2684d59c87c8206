"""The functions that the exact way calls for the stages of a route, and hooks to watch them.

The interpreter (`compile.exact`) calls the functions of a table. By default they are the route's
own. If a library has replaced functions of `fastapi.routing`, the table calls the replacements
(`routes.replaced_functions`). For a watched request, another table wraps the same functions and
reports each stage to the watcher, so the interpreter does not change.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic_core import PydanticUndefined
from starlette.requests import Request

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


class Functions(Record):
    """The functions that the interpreter of a route calls.

    Attributes:
        solve: Returns the arguments of the endpoint and the errors in the request.
        call: Takes the mapping of arguments from `solve` and returns the endpoint's result.
        serialize: Returns the content of the response; not called if the result is a `Response`.
        in_thread: True if `call` and `serialize` are ordinary functions, to run in one hop to a
            worker thread; otherwise both are coroutine functions.
        read: Returns the body of a request; called before the others.
    """

    solve: Solve
    call: Callable[[Mapping[str, Any]], Any]
    serialize: Callable[[Any], Any] = keep_result
    in_thread: bool = False
    read: Read = read_nothing


def watch_functions(functions: Functions, watcher: Watcher) -> Functions:
    """Return the functions wrapped so that a watcher learns of each stage."""
    stage = _stage_in_thread if functions.in_thread else _stage
    return Functions(
        solve=_watch_solve(functions.solve, watcher),
        call=stage(functions.call, watcher, "endpoint"),
        serialize=stage(functions.serialize, watcher, "serialization"),
        in_thread=functions.in_thread,
        read=_watch_read(functions.read, watcher),
    )


def _watch_read(read: Read, watcher: Watcher) -> Read:
    async def read_watched(request: Request) -> Any:
        try:
            body = await read(request)
        except RequestValidationError as error:
            watcher.unreadable(error.body, error.errors())
            raise
        watcher.body_read(None if body is PydanticUndefined else body)
        return body

    return read_watched


def _watch_solve(solve: Solve, watcher: Watcher) -> Solve:
    async def solve_watched(inputs: Inputs) -> Solved:
        with watcher.stage("dependencies"):
            arguments, errors = await solve(inputs)
        watcher.solved(arguments, errors)
        return arguments, errors

    return solve_watched


def _stage(function: Callable[[Any], Any], watcher: Watcher, name: str) -> Callable[[Any], Any]:
    async def run_stage(value: Any) -> Any:
        with watcher.stage(name):
            return await function(value)

    return run_stage


def _stage_in_thread(
    function: Callable[[Any], Any], watcher: Watcher, name: str
) -> Callable[[Any], Any]:
    def run_stage(value: Any) -> Any:
        with watcher.stage(name):
            return function(value)

    return run_stage
