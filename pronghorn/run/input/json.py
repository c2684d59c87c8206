"""Parse JSON bodies into the values of `json.loads`, at the speed of Pydantic's parser."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from typing import Any

from pydantic_core import from_json

from pronghorn.core.monkeypatches import original

#: The parser of the standard library; a program may replace it.
standard_loads = original(json, "loads")

#: Bytes. A body of this size may create so many objects that the garbage collector runs meanwhile.
PAUSE_FROM = 8192
#: Bytes. A body of this size cannot have so many errors that they take long.
MANY_FROM = 65_536
#: The number of members from which on a value is judged in this way.
MANY_VALUES = 5_000
#: How deeply containers may be nested in a body, as Pydantic's parser counts.
MAX_LEVELS = 201
#: The number of digits of the smallest integer that is beyond the range of `float`.
HUGE_DIGITS = 309
#: The first look checks one byte in 32; 309 digits in a row contain at least 9 of them.
_STEP = 32
_ONLY_DIGITS = bytes(48 if 48 <= code <= 57 else 32 for code in range(256))


def parse_json(body: bytes) -> Any:
    """Return the same value as `json.loads`, with the same errors except for deep nesting.

    Pydantic's parser (Rust) reads everything that RFC 8259 allows, and `NaN` and the infinities.
    It returns the same value as `json.loads`: integers of any size, signed zeros, rounding, the
    last of duplicate keys. It refuses more than `json.loads` does (UTF-16 and UTF-32, a byte
    order mark, lone surrogates, more than 201 nested containers), so `json.loads` reads every
    refused body again. Only wrong or rare bodies cost the second parse.

    Raises:
        json.JSONDecodeError: The body is not JSON.
        UnicodeDecodeError: The body is not text.
        ValueError: An integer has more digits than Python converts (4300).
        RecursionError: The body has more than `MAX_LEVELS` of nested containers.
    """
    if json.loads is not standard_loads:
        return json.loads(body)
    try:
        return from_json(body) if len(body) < PAUSE_FROM else without_pauses(from_json, body)
    except ValueError:
        if len(body) < PAUSE_FROM:
            return refuse_deep_nesting(json.loads(body))
        return refuse_deep_nesting(without_pauses(json.loads, body))


def refuse_deep_nesting(value: Any) -> Any:
    """Return a parsed body; raise `RecursionError` if it has more than `MAX_LEVELS`.

    Such a value could be read but not written: Pydantic follows 254 levels, `json` as many as
    Python has frames left, so the depth of the call stack would decide whether a route fails.
    """
    level = [value] if type(value) in (dict, list) else []
    for _ in range(MAX_LEVELS):
        level = [
            member
            for container in level
            for member in (container.values() if type(container) is dict else container)
            if type(member) in (dict, list)
        ]
        if not level:
            return value
    raise RecursionError(f"more than {MAX_LEVELS} nested containers")


def may_nest_deeply(text: bytes) -> bool:
    """Return True if a text has enough brackets for more than `MAX_LEVELS` of containers."""
    return text.count(b"[") + text.count(b"{") > MAX_LEVELS


def has_many(value: Any) -> bool:
    """Return whether a parsed body has at least `MANY_VALUES` members on all levels together."""
    left = MANY_VALUES
    pending = [value] if type(value) in (list, dict) else []
    while pending:
        container = pending.pop()
        left -= len(container)
        if left <= 0:
            return True
        members = container.values() if type(container) is dict else container
        pending += [member for member in members if type(member) in (list, dict)]
    return False


def without_pauses(make: Callable[[Any], Any], source: Any) -> Any:
    """Call a function with the garbage collector switched off, and return its result.

    The function must make objects that stay in use, and must not run code of the program. Python
    looks for garbage after every 700 new objects, and would not find any among these.
    """
    if not gc.isenabled():
        return make(source)
    try:
        gc.disable()
        return make(source)
    finally:
        gc.enable()


def has_huge_integer(text: bytes) -> bool:
    """Return True if a text may contain an integer beyond the range of `float`.

    The function checks every 32nd byte first, and every byte only if enough of those are digits.
    """
    if len(text) < HUGE_DIGITS:
        return False
    if b"0" * (HUGE_DIGITS // _STEP) not in text[::_STEP].translate(_ONLY_DIGITS):
        return False
    return b"0" * HUGE_DIGITS in text.translate(_ONLY_DIGITS)


def body_decode_error(error: json.JSONDecodeError) -> dict[str, Any]:
    """Return the entry of a 422 response for a body that is not JSON.

    Its `loc` is `("body", position)`; positions count characters from 0.
    """
    return {
        "type": "json_invalid",
        "loc": ("body", error.pos),
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": error.msg},
    }
