"""JSON bodies: the values of `json.loads`, at the speed of Pydantic's parser."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from typing import Any

from pydantic_core import from_json

from pronghorn.core.monkeypatches import original

#: The parser of the standard library; a program may put another in its place.
standard_loads = original(json, "loads")

#: Bytes from which on a body may become so many objects that the collector runs meanwhile.
PAUSE_FROM = 8192
#: Containers inside of each other that a body may have, as Pydantic's parser counts.
MAX_LEVELS = 201
#: The digits of the smallest integer that is beyond the range of `float`.
HUGE_DIGITS = 309
#: Of so many bytes one is looked at first; 309 digits in a row have 9 of those.
_STEP = 32
_ONLY_DIGITS = bytes(48 if 48 <= code <= 57 else 32 for code in range(256))


def parse_json(body: bytes) -> Any:
    """Parse a request body; equal to `json.loads` in every value and, but for depth, every error.

    Pydantic's parser (Rust) reads what RFC 8259 allows, `NaN` and the infinities included, and
    then agrees with `json.loads` in every value: integers of any size, signed zeros, rounding,
    the last of duplicate keys. It refuses more than `json.loads` does (UTF-16 and UTF-32, a byte
    order mark, lone surrogates, more than 201 nested containers), so whatever it refuses is read
    a second time. That costs something only where the body is wrong or rare.

    Raises:
        json.JSONDecodeError: the body is not JSON.
        UnicodeDecodeError: the body is not text.
        ValueError: an integer is longer than Python converts (4300 digits).
        RecursionError: the body has more than `MAX_LEVELS` of nested containers.
    """
    if json.loads is not standard_loads:
        return json.loads(body)
    try:
        return from_json(body) if len(body) < PAUSE_FROM else without_pauses(from_json, body)
    except ValueError:
        return refuse_deep_nesting(json.loads(body))


def refuse_deep_nesting(value: Any) -> Any:
    """Return a parsed body; raise `RecursionError` if it has more than `MAX_LEVELS`.

    Such a value could be read and not written: Pydantic follows 254 levels, `json` as many as
    Python has frames left, so whether a route fails would depend on what is around it.
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
    """Whether a text has enough brackets for more than `MAX_LEVELS`."""
    return text.count(b"[") + text.count(b"{") > MAX_LEVELS


def without_pauses(make: Callable[[Any], Any], source: Any) -> Any:
    """Call a function that makes many objects, all in use, and runs no code of the program.

    Python looks for garbage after every 700 new objects and finds none among those.
    """
    if not gc.isenabled():
        return make(source)
    try:
        gc.disable()
        return make(source)
    finally:
        gc.enable()


def has_huge_integer(text: bytes) -> bool:
    """Whether a text may hold an integer beyond the range of `float`.

    It looks at every 32nd byte first, and closer only where digits are many.
    """
    if len(text) < HUGE_DIGITS:
        return False
    if b"0" * (HUGE_DIGITS // _STEP) not in text[::_STEP].translate(_ONLY_DIGITS):
        return False
    return b"0" * HUGE_DIGITS in text.translate(_ONLY_DIGITS)


def body_decode_error(error: json.JSONDecodeError) -> dict[str, Any]:
    """Describe a body that is not JSON as an entry of a 422 answer.

    Its `loc` is `("body", position)`, the position counted in characters from 0.
    """
    return {
        "type": "json_invalid",
        "loc": ("body", error.pos),
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": error.msg},
    }
