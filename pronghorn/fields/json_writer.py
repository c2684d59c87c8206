"""Write JSON as Starlette's `JSONResponse` does, without a response object."""

from __future__ import annotations

import json
from collections.abc import Callable
from json import encoder
from math import isfinite, isnan
from typing import Any

from pydantic import BaseModel

from pronghorn.encoders import jsonable_encoder

#: `jsonable_encoder` leaves out keys with this prefix (SQLAlchemy's internal state).
HIDDEN_KEY = '"_sa'


def _refuse(value: Any) -> Any:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def text_writer(
    item_separator: str, key_separator: str, *, ensure_ascii: bool
) -> Callable[[Any], str]:
    """Return a function that converts plain data to JSON text.

    `json.dumps` creates a new C encoder at every call; reusing one is faster.

    Args:
        item_separator: The text between two items.
        key_separator: The text between a key and its value.
        ensure_ascii: Whether to escape characters that are not ASCII.

    Returns:
        The function. It raises `ValueError` for NaN and the infinities, and `TypeError` for
        values that are not plain data.
    """
    make_encoder = getattr(encoder, "c_make_encoder", None)
    if make_encoder is None:  # not CPython
        separators = (item_separator, key_separator)
        options: Any = {"ensure_ascii": ensure_ascii, "separators": separators}
        return json.JSONEncoder(allow_nan=False, **options).encode
    # Without `markers`, a value that contains itself raises `RecursionError`.
    quoted = encoder.encode_basestring_ascii if ensure_ascii else encoder.encode_basestring
    pieces = make_encoder(
        None, _refuse, quoted, None, key_separator, item_separator, False, False, False
    )
    join = "".join
    return lambda value: join(pieces(value, 0))


_write = text_writer(",", ":", ensure_ascii=False)


def plain_json_bytes(value: Any) -> bytes:
    """Return the JSON of a value made of dicts, lists, strings and numbers.

    Raises:
        TypeError: The value contains an object of another type.
        ValueError: The value contains NaN or an infinity, which JSON lacks (RFC 8259).
    """
    return encode_text(_write(value))


def encode_text(text: str) -> bytes:
    """Return JSON text as UTF-8, with lone surrogates as escapes.

    JSON allows lone surrogates and UTF-8 does not. A client may send `"\\ud800"`, and an endpoint
    that returns it must not fail.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def without_nan(value: Any) -> Any:
    """Return plain data with None in place of NaN and the infinities.

    Keys are strings in JSON, so such keys become the words that `json.dumps` writes.
    """
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {_key(key): without_nan(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(member) for member in value]
    return value


def _key(key: Any) -> Any:
    if not isinstance(key, float) or isfinite(key):
        return key
    return "NaN" if isnan(key) else "Infinity" if key > 0 else "-Infinity"


def json_bytes(value: Any, **options: Any) -> bytes:
    """Return the JSON of any value that `jsonable_encoder` accepts.

    NaN and the infinities become null. Most values consist of dicts, lists, strings and numbers
    alone. `jsonable_encoder` does not change those, so they are written directly; all others pass
    through it first.

    Args:
        value: The value.
        options: Options of `jsonable_encoder`. If there are any, all values pass through it.

    Raises:
        ValueError: The value cannot be represented in JSON.
    """
    if not options:
        try:
            text = _write(value)
            if HIDDEN_KEY not in text:
                return text.encode()
        except (TypeError, ValueError, RecursionError):
            pass  # The value needs `jsonable_encoder`, or a text has a lone surrogate.
    return json_bytes_without_nan(jsonable_encoder(value, **options))


def json_bytes_without_nan(value: Any) -> bytes:
    """Return the JSON of plain data, with null for NaN and the infinities.

    A client may have sent an infinity: `1e999` is valid JSON, and infinite as a `float`.
    """
    try:
        return plain_json_bytes(value)
    except ValueError:
        return plain_json_bytes(without_nan(value))


def dump_json_bytes(dump: Callable[[Any], Any], value: Any) -> bytes:
    """Return the JSON of a value that Pydantic cannot write because of text that is not Unicode.

    Lone surrogates in values become escapes, as in the request. Pydantic cannot keep them in
    keys, nor bytes that are not UTF-8; both become U+FFFD, the replacement character.

    Args:
        dump: A function that converts the value to plain data, like `model_dump(mode="json")`.
        value: The value.
    """
    return json_bytes_without_nan(dump(_with_unicode(value)))


def _with_unicode(value: Any) -> Any:
    """Return a value whose bytes and keys are Unicode; the value itself if they already are."""
    if isinstance(value, bytes):
        text = value.decode(errors="replace").encode()
        return value if text == value else text
    if isinstance(value, BaseModel):
        members = {**value.__dict__, **(value.__pydantic_extra__ or {})}
        changed = {
            name: new for name, old in members.items() if (new := _with_unicode(old)) is not old
        }
        return BaseModel.model_copy(value, update=changed) if changed else value
    if type(value) is dict:
        return {_unicode_key(key): _with_unicode(member) for key, member in value.items()}
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(_with_unicode(member) for member in value)
    return value


def _unicode_key(key: Any) -> Any:
    return (
        key.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if type(key) is str
        else key
    )
