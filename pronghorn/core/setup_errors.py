"""Setup errors in three parts: what we got, what was probably meant, what to write.

This code runs only at startup and only for a mistake, so it may be slow: it reads source files
and compares words. The request path never calls it.
"""

import inspect
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from types import FrameType, FunctionType
from typing import Any, TypeVar

from pronghorn.core.annotations import read_outer_signature

#: The module from which programs import the classes below.
PUBLIC_MODULE = "pronghorn.exceptions"

#: The variable that asks for whole tracebacks; `pronghorn run --full-traceback` sets it.
FULL_TRACEBACK = "PRONGHORN_FULL_TRACEBACK"


class FastAPIDeprecationWarning(UserWarning):
    """A feature that still works but will be removed.

    It is a `UserWarning`, because Python hides `DeprecationWarning` by default in most programs.
    """

    __module__ = PUBLIC_MODULE


class FastAPIError(RuntimeError):
    """An error caused by the application, not by its client."""

    __module__ = PUBLIC_MODULE


class SetupError(FastAPIError):
    """A mistake found at startup, before any request.

    `str(error)` is the full text; the attributes hold its parts, for tools. Create one with
    `pronghorn.core.setup_errors.setup_error`.
    """

    __module__ = PUBLIC_MODULE

    got: str = ""
    """The mistake: the value or declaration that pronghorn received."""
    probably: str | None = None
    """The probable cause, or the probable intention."""
    write: str | None = None
    """The code to write instead."""
    where: str | None = None
    """The object that contains the mistake, with `file:line`."""


class EnvironmentMistake(SetupError):
    """A `SetupError` about the environment of the program, such as a missing secret.

    No line of the program is wrong, so commands print the text without a traceback.
    """

    __module__ = PUBLIC_MODULE


class SetupAssertionError(SetupError, AssertionError):
    """A `SetupError` that programs may catch as `AssertionError`, which FastAPI raises."""

    __module__ = PUBLIC_MODULE


class SetupNameError(SetupError, NameError):
    """A `SetupError` about an annotation whose names do not exist when the program runs."""

    __module__ = PUBLIC_MODULE


class SetupTypeError(SetupError, TypeError):
    """A `SetupError` about an argument that does not exist or has the wrong type."""

    __module__ = PUBLIC_MODULE


class SetupValueError(SetupError, ValueError):
    """A `SetupError` about a value that is not allowed."""

    __module__ = PUBLIC_MODULE


SetupErrorT = TypeVar("SetupErrorT", bound=SetupError)

_LABELS = (("probably", "probably: "), ("write", "write:    "), ("where", "where:    "))


def setup_error(
    got: str,
    probably: str | None = None,
    write: str | None = None,
    *,
    where: str | None = None,
    kind: type[SetupErrorT] = SetupError,  # type: ignore[assignment]  # the default of a TypeVar
) -> SetupErrorT:
    """Compose an error about a mistake in the application.

    Args:
        got: The mistake; the first line of the message.
        probably: The probable cause, or the probable intention.
        write: The code to write instead; may have several lines.
        where: The object that contains the mistake and its place, see `describe_callable`.
        kind: The class of the error, which may add a built-in base such as `ValueError`.

    Returns:
        The error, for the caller to raise.
    """
    error = kind()
    error.got, error.probably, error.write, error.where = got, probably, write, where
    _compose(error)
    return error


def user_error(
    got: str,
    probably: str | None = None,
    write: str | None = None,
    *,
    kind: type[SetupErrorT] = SetupError,  # type: ignore[assignment]  # the default of a TypeVar
) -> SetupErrorT:
    """Compose an error about the line of the program that called pronghorn; see `setup_error`."""
    return setup_error(got, probably, write, where=user_place(), kind=kind)


def _compose(error: SetupError) -> None:
    """Set the text of an error from its parts."""
    lines = [error.got]
    for name, label in _LABELS:
        text = getattr(error, name)
        if text:
            lines.append("  " + label + text.replace("\n", "\n  " + " " * len(label)))
    error.args = ("\n".join(lines),)


def add_place(error: Exception, place: str) -> None:
    """Add an outer place, such as the route, to an error.

    The first line of the text does not change. An error that is not a `SetupError`, for example
    one of Pydantic about a constraint, gets a note (PEP 678).
    """
    if not isinstance(error, SetupError):
        error.add_note(f"  where:    {place}")
        return
    error.where = f"{error.where}\n{place}" if error.where else place
    _compose(error)


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice whose spelling is closest to `word`, or `None` if none is close."""
    import difflib  # Imported here, because only an error needs it.

    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return close[0] if close else None


def describe_callable(function: Callable[..., Any]) -> str:
    """Return the name and place of a callable: `"read_item (/srv/shop/items.py:12)"`.

    For a partial or a decorated function that is the wrapped function, and for an instance its
    class, because that is where the reader has to look.
    """
    target: Any = function
    while isinstance(target, partial):
        target = target.func
    target = inspect.unwrap(target)
    if not hasattr(target, "__qualname__"):
        target = type(target)
    place = _source_place(target)
    return f"{target.__qualname__} ({place})" if place else str(target.__qualname__)


def describe_value(value: Any) -> str:
    """Return the type and name of a wrong value: `the function read_items`, `the str 'GET'`."""
    kind = "class" if inspect.isclass(value) else type(value).__name__
    name = getattr(value, "__name__", None)
    return f"the {kind} {name if isinstance(name, str) else repr(value)}"


def why_not_callable_with(function: Any, *args: Any, **keywords: Any) -> str | None:
    """Return why a callable does not accept some arguments; None if it does, or if nobody knows.

    A decorated function is what is called, not the function inside: the decorator may add
    arguments. Only the wrappers of `contextlib` and those marked by `passes_on` are known to pass
    on what they receive.
    """
    if inspect.isclass(function) and _passes_on(function.__init__):
        function, args = function.__init__, (None, *args)
    while inspect.ismethod(function):
        function, args = function.__func__, (function.__self__, *args)
    while _passes_on(function):
        function = vars(function)["__wrapped__"]
    if type(function) is FunctionType:
        function = _without_attributes(function)
    elif hasattr(function, "__wrapped__"):
        return None  # A proxy of a decorator, which looks like the function inside.
    try:
        signature = read_outer_signature(function)
    except (TypeError, ValueError):
        return None  # A built-in without a signature, or an object with a strange one.
    try:
        signature.bind(*args, **keywords)
    except TypeError as error:
        return str(error)
    return None


def _without_attributes(function: FunctionType) -> FunctionType:
    """Return a copy of a function without `__signature__`, which may say something else."""
    bare = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    bare.__kwdefaults__ = function.__kwdefaults__
    return bare


_ANY_FUNCTION: Any = iter
#: The code of every function that `@contextmanager` returns.
SYNC_MANAGER = contextmanager(_ANY_FUNCTION).__code__
_PASSES_ON = [SYNC_MANAGER, asynccontextmanager(_ANY_FUNCTION).__code__]


def passes_on(function: FunctionType) -> FunctionType:
    """Mark a wrapper that hands all of its arguments to the function in its `__wrapped__`.

    Returns:
        The wrapper, whose arguments are then checked as those of the function inside.
    """
    _PASSES_ON.append(function.__code__)
    return function


def _passes_on(function: Any) -> bool:
    return type(function) is FunctionType and function.__code__ in _PASSES_ON


def _source_place(target: Any) -> str | None:
    """Return `file:line` of a function or class; `None` for built-in and generated ones."""
    code = getattr(inspect.unwrap(target), "__code__", None)
    if code is not None:
        return f"{code.co_filename}:{code.co_firstlineno}"
    try:
        return f"{inspect.getsourcefile(target)}:{inspect.getsourcelines(target)[1]}"
    except (OSError, TypeError):
        return None


def user_place() -> str | None:
    """Return `file:line` of the innermost caller outside pronghorn."""
    frame, _ = _user_frame()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else None


def warn_deprecated(message: str) -> None:
    """Warn about a deprecated feature, pointing at the line of the program that uses it."""
    warn_user(message, FastAPIDeprecationWarning)


def warn_user(message: str, kind: type[Warning] = UserWarning) -> None:
    """Warn, pointing at the line of the program that called pronghorn."""
    _, depth = _user_frame()
    warnings.warn(message, kind, stacklevel=depth)


def _user_frame() -> tuple[FrameType | None, int]:
    """Return the innermost frame outside pronghorn, and its distance from the calling function."""
    frame: FrameType | None = sys._getframe(1)
    depth = 1
    while frame is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame, depth = frame.f_back, depth + 1
    return frame, depth


def _is_ours(module: str) -> bool:
    return module == "pronghorn" or module.startswith("pronghorn.")


# --- all mistakes of a program ------------------------------------------------------------------

_collectors: list[list[SetupError]] = []


@contextmanager
def collect_setup_errors() -> Iterator[list[SetupError]]:
    """Leave out each route with a mistake, instead of ending the import of the program.

    Yields:
        The list that receives the errors.
    """
    errors: list[SetupError] = []
    _collectors.append(errors)
    try:
        yield errors
    finally:
        _collectors.remove(errors)


def is_collected(error: SetupError) -> bool:
    """Return whether somebody collects errors, and keep this one for it."""
    if not _collectors:
        return False
    _collectors[-1].append(error)
    return True
