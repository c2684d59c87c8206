"""The texts that name one job: its unique key and its id."""

from __future__ import annotations

from typing import Any

from pronghorn.core.setup_errors import describe_value, user_error
from pronghorn.exceptions import SetupTypeError, SetupValueError

_WRITE = 'unique=f"reindex:{row.id}"'


def check_unique(unique: Any) -> None:
    """Refuse a unique key that not every database can store.

    Raises:
        SetupError: It is no text, is empty or too long, or has a NUL or half of a character.
    """
    if not isinstance(unique, str):
        raise user_error(
            f"unique is {describe_value(unique)}, and a key is a text",
            None,
            _WRITE,
            kind=SetupTypeError,
        )
    if not 0 < len(unique) <= 255:
        raise user_error(
            f"unique has {len(unique)} characters",
            "a key has 1 to 255 characters",
            _WRITE,
            kind=SetupValueError,
        )
    if not can_be_stored(unique):
        raise user_error(
            f"unique is {unique!r}, which has a NUL or half of a character",
            "it was made of what a client has sent",
            _WRITE,
            kind=SetupValueError,
        )


def can_be_stored(text: str) -> bool:
    """Return whether every database can compare a text with a column: PostgreSQL knows no NUL."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False
