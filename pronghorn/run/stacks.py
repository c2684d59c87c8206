"""The exit stacks of a request in which no dependency has exit code.

A library may still look for the stacks in the scope, and put something on them. So they are there,
without the cancel scope that shields the exit code of dependencies: what a library puts on them is
closed as in FastAPI.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from starlette.requests import HTTPConnection, Request

from pronghorn.run.exchange import Exchange
from pronghorn.run.lifetime import (
    FUNCTION_STACK,
    LIFETIME_KEY,
    OUTERMOST_STACK,
    REQUEST_STACK,
    Exits,
    Lifetime,
    RequestHandler,
    response_not_sent,
    run_with_lifetime,
)

#: Takes the request and returns the response, or the body of one that is JSON.
Render = Callable[[Request], Awaitable[Any]]


async def run_with_stacks(exchange: Exchange, handler: RequestHandler, where: str) -> None:
    """Send the response of a request handler, which finds stacks in the scope.

    Args:
        exchange: The request and its response.
        handler: Takes the request and returns the response.
        where: The route for people.
    """
    if OUTERMOST_STACK in exchange.scope:
        await run_with_lifetime(exchange, handler, where)
    else:
        await run_with_new_stacks(exchange, handler, where)


async def run_with_new_stacks(
    exchange: Exchange, render: Render, where: str, status: int = 200
) -> None:
    """Send a response or a body of JSON; the function that returns it finds new, empty stacks.

    Args:
        exchange: The request and its response, without stacks in its scope.
        render: Takes the request and returns the response, or a body of JSON, which is sent
            without an object for it.
        where: The route for people.
        status: The status of such a body.
    """
    scope = exchange.scope
    try:
        async with AsyncExitStack() as outermost, AsyncExitStack() as outer:
            scope[OUTERMOST_STACK], scope[REQUEST_STACK] = outermost, outer
            async with AsyncExitStack() as inner:
                scope[FUNCTION_STACK] = inner
                response = await render(exchange.connection)
            if type(response) is bytes:
                await exchange.send_json(response, status)
            else:
                await exchange.send_response(response)
            return
        raise response_not_sent(where)
    finally:
        # A middleware may call the application again with the same scope: it needs a new stack.
        scope.pop(OUTERMOST_STACK, None)


class _StacksOfScope(Lifetime):
    """The stacks in a scope as a lifetime; whoever has put them there closes them."""

    def __init__(self, connection: HTTPConnection) -> None:
        super().__init__()
        self._request = Exits(connection.scope[REQUEST_STACK])
        self._function = Exits(connection.scope[FUNCTION_STACK])


def find_lifetime(connection: HTTPConnection) -> Lifetime | None:
    """Return the lifetime of a request for dependencies with exit code; None if there is none."""
    lifetime: Lifetime | None = connection.scope.get(LIFETIME_KEY)
    if lifetime is None and FUNCTION_STACK in connection.scope:
        return _StacksOfScope(connection)
    return lifetime
