"""The size limit of request bodies: validate its declaration, and recognise the error beyond it."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.middleware import body_limit

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.setup_errors import user_error
from pronghorn.exceptions import SetupValueError


def validate_max_body_size(max_body_size: Any, name: str = "max_body_size") -> int | None:
    """Check a limit on the size of a request body.

    Args:
        max_body_size: Bytes; 0 allows only empty bodies, `None` inherits.
        name: The name of the option.

    Returns:
        The limit, unchanged.

    Raises:
        SetupValueError: The limit is neither `None` nor an integer of at least 0.
    """
    if max_body_size is None:
        return None
    if type(max_body_size) is bool or not isinstance(max_body_size, int) or max_body_size < 0:
        raise user_error(
            f"{name} must be a non-negative integer or None",
            f"{max_body_size!r} was given",
            f"{name}=1_048_576  # bytes",
            kind=SetupValueError,
        )
    return max_body_size


def body_limit_error(error: BaseException) -> Exception | None:
    """Return the error that a too large body caused, if that is what happened.

    Args:
        error: Any exception. Middleware that reads in a task group wraps the error of Starlette's
            `RequestBodyLimitMiddleware` in an exception group; it is found there too.

    Returns:
        An `HTTPException` with status 413, or the private exception that means that a 413 was
        already sent, see `is_answered`. None for any other error, even if its status is 413, and
        for a group that contains another error.
    """
    if isinstance(error, BaseExceptionGroup):
        found = [body_limit_error(inner) for inner in error.exceptions]
        if None in found:
            return None
        return next((refusal for refusal in found if refusal and is_answered(refusal)), found[0])
    # The exception classes are private; the module that defines them is public.
    is_refusal = type(error).__module__ == body_limit.__name__
    return error if is_refusal and isinstance(error, Exception) else None


def is_answered(refusal: Exception) -> bool:
    """Return whether the 413 was already sent, so that this error only ends the request."""
    return not isinstance(refusal, HTTPException)


find_elsewhere(__name__)
