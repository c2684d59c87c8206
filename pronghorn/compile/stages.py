"""What the exact way calls at the stages of a route, and how somebody watches the stages.

The interpreter (`compile.exact`) takes a table of functions. Most routes have their own. Where a
library has replaced functions of `fastapi.routing`, the table calls those
(`routes.request_handlers`). For a request that is watched, the same functions are put into a
table that tells the watcher about each; the interpreter is none the wiser.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from pydantic_core import PydanticUndefined
from starlette.requests import Request

from pronghorn.exceptions import RequestValidationError
from pronghorn.hooks import Watcher
from pronghorn.run.exact import Found, Inputs

Read = Callable[[Request], Awaitable[Any]]
Solve = Callable[[Inputs], Awaitable[Found]]


def calling(endpoint: Callable[..., Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Return a function of the arguments that calls an endpoint."""
    return lambda arguments: endpoint(**arguments)


async def read_nothing(request: Request) -> Any:
    """Return that there is no body."""
    return PydanticUndefined


def keep_result(result: Any) -> Any:
    """Return a result as it is."""
    return result


class Functions(NamedTuple):
    """What the interpreter of a route calls.

    Attributes:
        solve: Returns the arguments of the endpoint and what is wrong with the request.
        call: Takes the arguments, that very mapping, and returns what the endpoint returns.
        serialize: Returns the content of the response for that; not called for a `Response`.
        in_thread: Whether `call` and `serialize` are ordinary functions, for one hop to a worker
            thread; else both are coroutine functions.
        read: Returns the body of a request, before all else.
    """

    solve: Solve
    call: Callable[[Mapping[str, Any]], Any]
    serialize: Callable[[Any], Any] = keep_result
    in_thread: bool = False
    read: Read = read_nothing


def watched(functions: Functions, watcher: Watcher) -> Functions:
    """Return the same functions in stages of which a watcher is told."""
    stage = _stage_in_thread if functions.in_thread else _stage
    return Functions(
        solve=_watched_solve(functions.solve, watcher),
        call=stage(functions.call, watcher, "endpoint"),
        serialize=stage(functions.serialize, watcher, "serialization"),
        in_thread=functions.in_thread,
        read=_watched_read(functions.read, watcher),
    )


def _watched_read(read: Read, watcher: Watcher) -> Read:
    async def read_watched(request: Request) -> Any:
        try:
            body = await read(request)
        except RequestValidationError as error:
            watcher.unreadable(error.body, error.errors())
            raise
        watcher.body_read(None if body is PydanticUndefined else body)
        return body

    return read_watched


def _watched_solve(solve: Solve, watcher: Watcher) -> Solve:
    async def solve_watched(inputs: Inputs) -> Found:
        with watcher.stage("dependencies"):
            arguments, errors = await solve(inputs)
        watcher.solved(arguments, errors)
        return arguments, errors

    return solve_watched


def _stage(function: Callable[[Any], Any], watcher: Watcher, name: str) -> Callable[[Any], Any]:
    async def staged(value: Any) -> Any:
        with watcher.stage(name):
            return await function(value)

    return staged


def _stage_in_thread(
    function: Callable[[Any], Any], watcher: Watcher, name: str
) -> Callable[[Any], Any]:
    def staged(value: Any) -> Any:
        with watcher.stage(name):
            return function(value)

    return staged
