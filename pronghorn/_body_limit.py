"""How large a request body may be: a declaration, checked when it is written."""

from typing import Any

from pronghorn.diagnostics import setup_error, user_place
from pronghorn.exceptions import SetupValueError


def validate_max_body_size(max_body_size: Any, where: str | None = None) -> int | None:
    """Check a limit on the size of a request body.

    Args:
        max_body_size: Bytes; 0 allows only empty bodies, ``None`` inherits.
        where: The object that the limit was written on, for the error; by default the line of
            the program that is being executed.

    Returns:
        The limit as it was given.

    Raises:
        SetupValueError: It is neither ``None`` nor an integer of at least 0.
    """
    if max_body_size is None:
        return None
    if type(max_body_size) is bool or not isinstance(max_body_size, int) or max_body_size < 0:
        raise setup_error(
            "max_body_size must be a non-negative integer or None",
            f"{max_body_size!r} was given",
            "max_body_size=1_048_576  # bytes",
            where=where or user_place(),
            kind=SetupValueError,
        )
    return max_body_size
