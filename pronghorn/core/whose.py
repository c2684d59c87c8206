"""The text that tells one client from all others, as a key of what belongs to them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pronghorn.core.setup_errors import (
    SetupTypeError,
    describe_callable,
    describe_value,
    setup_error,
)

_PLAIN = (str, int, type(None))


def text_of(value: Any, *, found_by: Callable[..., Any] | None = None) -> str:
    """Return the text of a value that names a client, such as the id of a user.

    Args:
        value: The value.
        found_by: The function of the program that has returned it, for the message.

    Raises:
        SetupTypeError: Its text is not the same in each request, as it is an address in memory, or
            has the columns of a row. Then the client would be somebody else in the next request,
            or somebody else the client.
    """
    if type(value) in _PLAIN or not _is_nameless(value):
        return str(value)
    raise setup_error(
        f"{describe_value(value)} was to say whose request it is, and its text is not the "
        "same in each request",
        "an object was returned, such as a user of the database, where its id was meant",
        "a function that returns a number, a text, or a tuple of these: return user.id",
        where=None if found_by is None else describe_callable(found_by),
        kind=SetupTypeError,
    )


def _is_nameless(value: Any) -> bool:
    """Return whether the text of a value differs between requests."""
    if isinstance(value, (tuple, list, set, frozenset)):
        return any(map(_is_nameless, value))
    if isinstance(value, Mapping):
        return any(map(_is_nameless, value)) or any(map(_is_nameless, value.values()))
    if inspect.isroutine(value) or inspect.isawaitable(value):
        return True
    kind: Any = type(value)
    if hasattr(kind, "__mapper__"):  # A row of the ORM.
        return True
    return kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__
