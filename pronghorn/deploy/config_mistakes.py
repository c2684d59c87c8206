"""Describe mistakes of `[tool.pronghorn.deploy]`: what we got, what was meant, what to write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic import BaseModel, ValidationError

from pronghorn.core.durations import seconds
from pronghorn.core.setup_errors import SetupValueError, did_you_mean
from pronghorn.settings.masking import is_secret_name, mask_urls

__all__ = ["TABLE", "describe_mistakes"]

TABLE = "tool.pronghorn.deploy"
#: In the place of a value that may be a secret.
HIDDEN = '"..."'
#: The most characters of a value.
_LONGEST = 80
#: What people write where TOML has `true` and `false`.
_WORDS = {"true": True, "yes": True, "on": True, "1": True}
_WORDS |= {"false": False, "no": False, "off": False, "0": False}
_NEEDED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number of seconds",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
}


def describe_mistakes(error: ValidationError, kind: type[BaseModel]) -> Iterator[str]:
    """Yield a line for each mistake, with its place, what was probably meant, and what to write.

    A value that may be a secret is in none of them.

    Args:
        error: The error of Pydantic.
        kind: The class of the whole table.
    """
    for one in error.errors(include_url=False):
        *tables, key = [str(part) for part in one["loc"] if part != "[key]"] or [""]
        place = ".".join((*tables, key))
        if one["type"] == "extra_forbidden":
            text = f"there is no such setting{_guess_name(key, tables, kind)}"
        elif one["type"] in _NEEDED:
            text = _describe_type(one["type"], place, one["input"])
        elif one["type"] == "value_error":
            text = one["msg"].removeprefix("Value error, ")
        else:
            text = f"{_show(place, one['input'])} is not possible: {_lower(one['msg'])}"
            text += _guess_choice(one)
        yield f"{place}: {_lower(text)}" if place else text


def _guess_name(key: str, tables: list[str], kind: Any) -> str:
    for table in tables:
        kind = kind.model_fields[table].annotation
    close = did_you_mean(key.replace("-", "_"), kind.model_fields)
    return f"; did you mean {close}?" if close else f"; it has {', '.join(kind.model_fields)}"


def _guess_choice(one: Any) -> str:
    """Return the choice that was probably meant, as the end of a sentence."""
    choices = re.findall(r"'([^']+)'", one.get("ctx", {}).get("expected", ""))
    close = did_you_mean(str(one["input"]).replace("_", "-"), choices)
    return f'; write {one["loc"][-1]} = "{close}"' if close else ""


def _describe_type(error: str, place: str, value: Any) -> str:
    """Return a sentence about a value of the wrong type, with the line to write."""
    got = f"{_show(place, value)} is {_name_type(value)}, and {_NEEDED[error]} is needed"
    return f"{got}: {_advise(error, place, value)}"


def _advise(error: str, place: str, value: Any) -> str:
    """Return what to write for a value of the wrong type."""
    key = place.rpartition(".")[2]
    start = "" if key.isdecimal() else f"{key} = "  # The items of a list are counted.
    if error == "string_type":
        if isinstance(value, (list, dict)):
            return f'write one text, such as {start}"..."'
        return f"put quotes around it, {start}{_show(place, _as_text(value))}"
    if error in {"dict_type", "model_type"}:
        inside = 'lines such as A = "1"' if error == "dict_type" else "its settings"
        return f"write [{TABLE}.{place}], and {inside} below it"
    if error == "list_type":
        text = _show(place, _split(value))
        return f"write {start}{text if text != HIDDEN else f'[{HIDDEN}]'}"
    if "bool" in error:
        number: float | None = _read_bool(value)
    else:
        number = _read_number(value, is_time=key in {"timeout", "grace"})
    return f"write {start}{_as_toml(number)}" if number is not None else f"write {_NEEDED[error]}"


def _split(value: Any) -> list[str]:
    """Return the items that somebody has written without a list around them."""
    found = re.split(r"[,\s]+", value) if isinstance(value, str) else []
    return list(filter(None, found)) or ["..."]


def _read_bool(value: Any) -> bool | None:
    return _WORDS.get(str(value).strip().lower())


def _read_number(value: Any, *, is_time: bool) -> float | None:
    """Return the number that was meant; a whole one as an `int`."""
    text = str(value).strip() if not isinstance(value, bool) else ""
    if is_time and not text.isdecimal():
        with suppress(SetupValueError):
            text = str(seconds(value))
    found = float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else None
    return int(found) if found is not None and found.is_integer() else None


def _name_type(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    names = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or a time")


def _show(place: str, value: Any) -> str:
    """Return a value as TOML writes it, unless it may be a secret."""
    text = _as_toml(value)
    tables = place.split(".")
    hidden = any(map(is_secret_name, tables)) or mask_urls(text) != text
    # Lines such as API_KEY=... are a secret, too, where variables belong.
    hidden |= place == "env" or (tables[0] == "env" and isinstance(value, list))
    if hidden:
        return HIDDEN
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}..."


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else _as_toml(value)


def _as_toml(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(_as_toml, value))}]"
    if isinstance(value, dict):
        return "{ ... }"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
