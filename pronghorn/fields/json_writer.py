"""JSON as Starlette's `JSONResponse` writes it, without a response object."""

from __future__ import annotations

import json
from collections.abc import Callable
from json import encoder
from math import isfinite, isnan
from typing import Any

from pydantic import BaseModel

from pronghorn.encoders import jsonable_encoder

#: `jsonable_encoder` leaves out keys that begin so (SQLAlchemy's bookkeeping).
HIDDEN_KEY = '"_sa'


def _refuse(value: Any) -> Any:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def text_writer(
    item_separator: str, key_separator: str, *, ensure_ascii: bool
) -> Callable[[Any], str]:
    """A function from a value to JSON text; raises for NaN, the infinities and other types.

    `json.dumps` makes a new C encoder at every call; one that is kept is faster.
    """
    make_encoder = getattr(encoder, "c_make_encoder", None)
    if make_encoder is None:  # not CPython
        separators = (item_separator, key_separator)
        options: Any = {"ensure_ascii": ensure_ascii, "separators": separators}
        return json.JSONEncoder(allow_nan=False, **options).encode
    # Without markers, a value that contains itself ends in a RecursionError.
    quoted = encoder.encode_basestring_ascii if ensure_ascii else encoder.encode_basestring
    pieces = make_encoder(
        None, _refuse, quoted, None, key_separator, item_separator, False, False, False
    )
    join = "".join
    return lambda value: join(pieces(value, 0))


_write = text_writer(",", ":", ensure_ascii=False)


def plain_json_bytes(value: Any) -> bytes:
    """The JSON of a value made of dicts, lists, strings and numbers.

    Raises `TypeError` for anything else, and `ValueError` for NaN and the infinities, which
    JSON does not have (RFC 8259).
    """
    return encode_text(_write(value))


def encode_text(text: str) -> bytes:
    """JSON text as UTF-8; lone surrogates, which JSON allows and UTF-8 does not, as escapes.

    A client may send `"\\ud800"`; whoever sends it back must not fail.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def without_nan(value: Any) -> Any:
    """Return plain data with None in place of NaN and the infinities.

    Keys are text in JSON, so there they are the words that `json.dumps` writes.
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
    """Return the JSON of any value that `jsonable_encoder` understands.

    It has null for NaN and the infinities.

    Dicts, lists, strings and numbers alone, which are most values, are what `jsonable_encoder`
    makes of them, so they are written at once; anything else goes through it first.

    - `options`: those of `jsonable_encoder`; with any of them, everything goes through it.

    Raises `ValueError` for what has no such form.
    """
    if not options:
        try:
            text = _write(value)
            if HIDDEN_KEY not in text:
                return encode_text(text)
        except (TypeError, ValueError, RecursionError):
            pass  # something that only `jsonable_encoder` knows how to write
    return json_bytes_without_nan(jsonable_encoder(value, **options))


def json_bytes_without_nan(value: Any) -> bytes:
    """`plain_json_bytes` with null for NaN and the infinities.

    A client may have sent them: `1e999` is JSON, and infinite as a `float`.
    """
    try:
        return plain_json_bytes(value)
    except ValueError:
        return plain_json_bytes(without_nan(value))


def dump_json_bytes(dump: Callable[[Any], Any], value: Any) -> bytes:
    """Return the JSON of a value that Pydantic cannot write: it has text that is not Unicode.

    - `dump`: makes plain data of the value, as `model_dump(mode="json")` does.

    Lone surrogates become the escapes that they were. In keys, and for bytes that are not UTF-8,
    Pydantic has no way to keep them; there stands U+FFFD, the replacement character.
    """
    return json_bytes_without_nan(dump(_with_unicode(value)))


def _with_unicode(value: Any) -> Any:
    """Return a value whose bytes and keys are Unicode: itself where all of them are."""
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
