"""Numbers as options of a program: real ones, whole ones, and how an error shows them."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from pronghorn.core.setup_errors import SetupValueError, user_error

#: The largest whole number of options that end up in a database, whose integers have 32 bits.
MOST = 2**31 - 1


def is_number(value: Any) -> TypeGuard[float]:
    """Return True for a number that a `float` holds and that has an end; a boolean is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # An `int` has no largest value.
        return False


def is_whole(value: Any) -> TypeGuard[int]:
    """Return True for an `int`; a boolean is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def check_whole(value: Any, lowest: int, got: str, write: str, most: int = MOST) -> None:
    """Refuse an option that is no whole number between two bounds.

    Args:
        value: The value.
        lowest: The lowest number.
        got: The option, as the first words of the error, such as `"The option retries"`.
        write: What to write instead.
        most: The highest number; `sys.maxsize` for what is counted in memory only.

    Raises:
        SetupValueError: It is something else.
    """
    if not is_whole(value) or not lowest <= value <= most:
        raise user_error(
            f"{got} is {show(value)}, not a whole number from {lowest} on",
            f"the most is {most:_}" if is_whole(value) and value > most else None,
            write,
            kind=SetupValueError,
        )


def show(value: Any) -> str:
    """Return a value for an error: Python refuses to write numbers with thousands of digits."""
    try:
        return repr(value)
    except ValueError:
        return "a number of thousands of digits"
