"""One check of `app.health(ready=[...])`, as the program declares it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pronghorn.core.setup_errors import describe_value, user_error
from pronghorn.exceptions import SetupTypeError, SetupValueError

#: Limits of a check that the program does not change, in seconds.
TIMEOUT = 2.0
CACHE = 1.0


class Check:
    """A question to something that requests need, such as a database: does it answer?

    Args:
        call: A function, `async def` or `def`, or another callable. It raises an exception, or
            returns False, if requests would fail. Its parameters are dependencies, which
            `app.inject` fills in.
        name: The name in the response and in the log; by default that of the function. The method
            `check` of an object is named after the class of the object.
        timeout: Seconds to wait for the answer.
        cache: Seconds for which a result is used again; 0 asks at every probe.

    Raises:
        SetupError: `call` cannot be called, or a limit is not a number of seconds.
    """

    __slots__ = ("cache", "call", "name", "timeout")

    def __init__(
        self,
        call: Callable[..., Any],
        *,
        name: str | None = None,
        timeout: float = TIMEOUT,
        cache: float = CACHE,
    ) -> None:
        if not callable(call):
            raise user_error(
                f"A health check is a function, not {describe_value(call)}",
                "the check is called where it should only be named",
                "app.health(ready=[db.check]), without parentheses",
                kind=SetupTypeError,
            )
        check_seconds("Check", "timeout", timeout, allows_zero=False)
        check_seconds("Check", "cache", cache, allows_zero=True)
        self.call = call
        self.name = name or _name_of(call)
        self.timeout = timeout
        self.cache = cache


def check_seconds(where: str, name: str, value: Any, *, allows_zero: bool) -> None:
    """Refuse what is no number of seconds; `where` is what was called with the argument `name`."""
    from pronghorn.core.durations import LONGEST  # Not every program has checks.
    from pronghorn.core.numbers import is_number, show

    if not is_number(value) or not 0 <= value <= LONGEST or (value == 0 and not allows_zero):
        raise user_error(
            f"{where}({name}={show(value)}) is not a number of seconds",
            write=f"{where}(..., {name}=1.5)",
            kind=SetupValueError,
        )


def _name_of(call: Callable[..., Any]) -> str:
    owner = getattr(call, "__self__", None)
    name: str = getattr(call, "__name__", "") or type(call).__name__
    if owner is None or isinstance(owner, type):
        return name
    kind = type(owner).__name__.lower()
    return kind if name == "check" else f"{kind}.{name}"
