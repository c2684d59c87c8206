"""Say which function of the program has returned something else than a response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pronghorn.core.setup_errors import describe_callable, describe_value
from pronghorn.core.threads.hop import call_in_thread
from pronghorn.run.errors import is_coroutine_callable


def not_a_response(returned: Any, function: Callable[..., Any], write: str) -> TypeError:
    """Return the error for a value that cannot be sent, because it is no ASGI application.

    Args:
        returned: The value.
        function: The function of the program that has returned it.
        write: What the function should do instead.
    """
    got = "None" if returned is None else describe_value(returned)
    return TypeError(
        f"{type(returned).__name__!r} object is not callable: {describe_callable(function)} "
        f"returned {got} in place of a response\n  write:    {write}"
    )


def check_handler(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return a coroutine function that calls an error handler and returns its response.

    It raises `TypeError` if the handler returns something else.
    """

    async def call_checked(connection: Any, error: Exception) -> Any:
        if is_coroutine_callable(handler):
            response = await handler(connection, error)
        else:
            response = await call_in_thread(handler, connection, error)
        if not callable(response):
            raise not_a_response(response, handler, "return JSONResponse(..., status_code=...)")
        return response

    return call_checked
