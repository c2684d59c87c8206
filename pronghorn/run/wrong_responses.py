"""Say which function of the program has returned something else than a response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pronghorn.core.setup_errors import describe_callable, describe_value


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
