"""JSON bodies: the values of `json.loads`, at the speed of Pydantic's parser."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

_standard_loads = json.loads


def parse_json(body: bytes) -> Any:
    """Parse a request body; equal to `json.loads` in every value and every error.

    Pydantic's parser (Rust) reads what RFC 8259 allows, `NaN` and the infinities included, and
    then agrees with `json.loads` in every value: integers of any size, signed zeros, rounding,
    the last of duplicate keys. It refuses more than `json.loads` does (UTF-16 and UTF-32, a byte
    order mark, lone surrogates, more than 200 nested containers), so whatever it refuses is read
    a second time. That costs something only where the body is wrong or rare.

    Raises:
        json.JSONDecodeError: the body is not JSON.
        UnicodeDecodeError: the body is not text.
        ValueError: an integer is longer than Python converts (4300 digits).
        RecursionError: the body is nested more deeply than Python can follow.
    """
    if json.loads is not _standard_loads:
        return json.loads(body)  # the program has put another parser in its place
    try:
        return from_json(body)
    except ValueError:
        return json.loads(body)


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
