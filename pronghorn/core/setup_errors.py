"""What a `SetupError` says: what we got, what was probably meant, what to write.

Everything here runs while an application is put together and only when something is wrong, so
it may be slow: it reads source files and compares words. Nothing on the request path calls it.
"""

import inspect
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from types import FrameType
from typing import Any, TypeVar

#: Where programs import the classes below from.
PUBLIC_MODULE = "pronghorn.exceptions"


class FastAPIDeprecationWarning(UserWarning):
    """A feature that still works and is on its way out.

    It is a ``UserWarning``, since Python hides ``DeprecationWarning`` from most programs.
    """

    __module__ = PUBLIC_MODULE


class FastAPIError(RuntimeError):
    """The application, not its client, did something wrong."""

    __module__ = PUBLIC_MODULE


class SetupError(FastAPIError):
    """A mistake found while the application is put together, before any request.

    ``str()`` of it is the full text; the parts are kept for tools. Build one with
    `pronghorn.core.setup_errors.setup_error`.
    """

    __module__ = PUBLIC_MODULE

    got: str = ""
    """What pronghorn was given."""
    probably: str | None = None
    """What was probably meant."""
    write: str | None = None
    """What to write instead."""
    where: str | None = None
    """The object and the ``file:line`` the mistake is in."""


class SetupAssertionError(SetupError, AssertionError):
    """A `SetupError` that programs may catch as ``AssertionError``, as FastAPI raises there."""

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
        got: What pronghorn was given. It is the first line of the message, alone.
        probably: What was probably meant.
        write: The code to write instead; it may have several lines.
        where: The object and its place, see `describe_callable`.
        kind: The class of the error, to add a built-in base such as ``ValueError``.

    Returns:
        The error, to be raised by the caller.
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
    """Make the text of an error from its parts."""
    lines = [error.got]
    for name, label in _LABELS:
        text = getattr(error, name)
        if text:
            lines.append("  " + label + text.replace("\n", "\n  " + " " * len(label)))
    error.args = ("\n".join(lines),)


def add_place(error: Exception, place: str) -> None:
    """Tell a place around the one that an error names already, such as the route.

    The first line of the text stays. An error that is no `SetupError`, for example one of
    Pydantic about a constraint, gets a note (PEP 678).
    """
    if not isinstance(error, SetupError):
        error.add_note(f"  where:    {place}")
        return
    error.where = f"{error.where}\n{place}" if error.where else place
    _compose(error)


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """The choice that is spelled most like ``word``, or ``None`` if none is close."""
    import difflib  # Only a mistake needs it.

    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return close[0] if close else None


def describe_callable(function: Callable[..., Any]) -> str:
    """Name and place of a callable: ``"read_item (/srv/shop/items.py:12)"``.

    Partials and decorated functions are described by what they wrap, and an instance by its
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
    """Name a wrong value and its kind: `the function read_items`, `the str 'GET'`."""
    kind = "class" if inspect.isclass(value) else type(value).__name__
    name = getattr(value, "__name__", None)
    return f"the {kind} {name if isinstance(name, str) else repr(value)}"


def _source_place(target: Any) -> str | None:
    """``file:line`` of a function or class; ``None`` for built-in and generated ones."""
    code = getattr(inspect.unwrap(target), "__code__", None)
    if code is not None:
        return f"{code.co_filename}:{code.co_firstlineno}"
    try:
        return f"{inspect.getsourcefile(target)}:{inspect.getsourcelines(target)[1]}"
    except (OSError, TypeError):
        return None


def user_place() -> str | None:
    """``file:line`` of the innermost caller that is not part of pronghorn."""
    frame, _ = _user_frame()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else None


def warn_deprecated(message: str) -> None:
    """Warn about a feature on its way out, pointing at the line of the program that uses it."""
    warn_user(message, FastAPIDeprecationWarning)


def warn_user(message: str, kind: type[Warning] = UserWarning) -> None:
    """Warn, pointing at the line of the program that called pronghorn."""
    _, depth = _user_frame()
    warnings.warn(message, kind, stacklevel=depth)


def _user_frame() -> tuple[FrameType | None, int]:
    """The innermost frame outside pronghorn, and how far above the calling function it is."""
    frame: FrameType | None = sys._getframe(1)
    depth = 1
    while frame is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame, depth = frame.f_back, depth + 1
    return frame, depth


def _is_ours(module: str) -> bool:
    return module == "pronghorn" or module.startswith("pronghorn.")
