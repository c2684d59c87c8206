"""Cursors: the values at which a page begins, as a signed text for the query.

A cursor is a signature and a JSON list: whether it leads back, and one value for each column of
the order. It can be read by everybody, and made only by those who know the key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import SecretBytes, SecretStr

from pronghorn.core.setup_errors import describe_value, setup_error, user_error

#: The variable of the environment with the key of all cursors that have no key of their own.
VARIABLE = "PRONGHORN_CURSOR_KEY"
#: A longer cursor would make an address that servers and proxies refuse.
MAX_LENGTH = 4096
_SIGNATURE_BYTES = 16
_MIN_KEY_BYTES = 16
_NEW_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'

Key = str | bytes | SecretStr | SecretBytes


class Position(NamedTuple):
    """The values of the row at which a page begins or ends."""

    values: tuple[Any, ...]
    #: Whether the page consists of the rows before this one.
    backward: bool


def read_key(key: Key) -> bytes:
    """Return a key as bytes.

    Raises:
        SetupError: The key has fewer than 16 bytes, or is something else.
    """
    plain = key.get_secret_value() if isinstance(key, SecretStr | SecretBytes) else key
    found = plain.encode() if isinstance(plain, str) else plain
    if not isinstance(found, bytes):
        raise user_error(
            f"the key for cursors is a text or bytes, not {describe_value(type(key))}",
            None,
            "Keyset(..., key=settings.secret_key)",
        )
    if len(found) >= _MIN_KEY_BYTES:
        return found
    raise user_error(
        f"the key for cursors has {len(found)} bytes, at least {_MIN_KEY_BYTES} are needed",
        "a placeholder was not replaced, or a variable is empty",
        f"a random key, as this prints one: {_NEW_KEY}",
    )


async def cursor_key() -> bytes:
    """Return the key of all cursors without one of their own, from `PRONGHORN_CURSOR_KEY`.

    It is a dependency with `scope="app"`, so a program that needs it and has none does not start.
    `app.dependency_overrides[cursor_key]` may replace it in tests.

    Raises:
        SetupError: The variable is missing or too short.
    """
    found = os.environ.get(VARIABLE)
    if found is not None:
        return read_key(found)
    raise setup_error(
        f"a route reads a signed cursor, and {VARIABLE} is not set",
        "all processes and hosts need the same key, so that each accepts the cursors of the others",
        f"export {VARIABLE}=..., with a key as this prints one: {_NEW_KEY}\n"
        "or Keyset(..., key=settings.secret_key)",
    )


class Signer:
    """Writes and reads the cursors of one list of one endpoint.

    Args:
        key: The secret key.
        purpose: The parts that say which list it is; a cursor of another list is not accepted.
    """

    def __init__(self, key: bytes, purpose: Sequence[str]) -> None:
        # No other use of the same key signs a text that begins like this.
        context = json.dumps(["pronghorn.sql cursor 1", *purpose]).encode() + b"\n"
        self._mac = hmac.new(key, context, hashlib.sha256)

    def write(self, position: Position, enums: Sequence[type[Enum] | None]) -> str:
        """Return the cursor of a position.

        Args:
            position: The position.
            enums: As for `read`.

        Raises:
            TypeError: A value has a type that a cursor cannot contain.
        """
        texts = [
            _write_value(value, enum) for value, enum in zip(position.values, enums, strict=True)
        ]
        payload = json.dumps([int(position.backward), *texts], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(payload) + payload).rstrip(b"=").decode()

    def read(self, cursor: str, enums: Sequence[type[Enum] | None]) -> Position | None:
        """Return the position of a cursor; None if it was not written by an equal signer.

        Args:
            cursor: The text from the request.
            enums: For each value, the class of the column if that is an enumeration.
        """
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (ValueError, binascii.Error):
            return None
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(payload)):
            return None
        if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != cursor:
            return None  # Base64 with characters or bits that its decoder ignores.
        backward, *texts = json.loads(payload)
        try:
            values = [_read_value(text, enum) for text, enum in zip(texts, enums, strict=True)]
        except (ValueError, KeyError):
            return None  # The enumeration has lost a member since.
        return Position(tuple(values), bool(backward))

    def _sign(self, payload: bytes) -> bytes:
        mac = self._mac.copy()
        mac.update(payload)
        return mac.digest()[:_SIGNATURE_BYTES]


class _Kind(NamedTuple):
    type: type
    write: Callable[[Any], str]
    read: Callable[[str], Any]


#: What a cursor may contain, by the letter before the text. A subclass is before its base.
_KINDS = {
    "b": _Kind(bool, lambda value: str(int(value)), lambda text: text == "1"),
    "i": _Kind(int, int.__str__, int),
    "f": _Kind(float, float.__repr__, float),
    "s": _Kind(str, str.__str__, str),
    "n": _Kind(Decimal, str, Decimal),
    "d": _Kind(datetime, datetime.isoformat, datetime.fromisoformat),
    "D": _Kind(date, date.isoformat, date.fromisoformat),
    "t": _Kind(time, time.isoformat, time.fromisoformat),
    "p": _Kind(
        timedelta,
        lambda value: str(value // timedelta(microseconds=1)),
        lambda text: timedelta(microseconds=int(text)),
    ),
    "u": _Kind(UUID, lambda value: str(value.hex), UUID),
    "x": _Kind(bytes, bytes.hex, bytes.fromhex),
}
_ENUM = "e"
#: The types of values that a cursor can contain, besides None.
TYPES = (Enum, *(kind.type for kind in _KINDS.values()))


def _write_value(value: Any, enum: type[Enum] | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, Enum):
        if enum is None or not isinstance(value, enum):  # Nobody could make it of its name again.
            raise TypeError(type(value).__name__)
        return _ENUM + value.name
    for letter, kind in _KINDS.items():
        if isinstance(value, kind.type):
            return letter + kind.write(value)
    raise TypeError(type(value).__name__)


def _read_value(text: str | None, enum: type[Enum] | None) -> Any:
    if text is None:
        return None
    if text[0] == _ENUM:
        if enum is None:
            raise ValueError
        return enum[text[1:]]
    return _KINDS[text[0]].read(text[1:])
