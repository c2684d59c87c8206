"""Make values fit for a log: no secrets, no control characters, not too long, never an error."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from pronghorn.core.secret_names import NAMES, is_secret
from pronghorn.core.url_passwords import mask_url_passwords

MASK = "***"
LONGEST_TEXT = 8192
LONGEST_VALUE = 2048
LONGEST_TRACEBACK = 16384
DEEPEST = 5
MOST_ITEMS = 100
#: The largest integer that is written as a number; Python refuses to write much larger ones.
MOST_BITS = 1024
#: Credentials have more than lower case letters, unlike "a basic question".
_SCHEME = re.compile(
    r"\b([Bb]earer|[Bb]asic|BEARER|BASIC)\s+(?=\S*[A-Z0-9=._~+/-])[A-Za-z0-9._~+/-]{6,}=*"
)
#: `name=value` in queries and messages, `"name": "value"` in dictionaries and JSON.
_PAIR = re.compile(
    rf"(?<![\w.-])({NAMES})(['\"]?\s?[=:]\s?)(\"[^\"]*\"|'[^']*'|[^\s&,;\"'}})\]]+)", re.IGNORECASE
)
SURROGATES = re.compile("[\ud800-\udfff]")


def mask_text(text: str) -> str:
    """Return a text with passwords of URLs, credentials of headers, and named secrets masked."""
    if "://" in text and "@" in text:
        text = mask_url_passwords(text, MASK)
    if "earer" in text or "asic" in text or "EARER" in text or "ASIC" in text:
        text = _SCHEME.sub(rf"\1 {MASK}", text)
    if "=" in text or ":" in text:
        text = _PAIR.sub(_mask_pair, text)
    return text


def _mask_pair(found: re.Match[str]) -> str:
    name, between, value = found.groups()
    if value.lower() in {"bearer", "basic"}:
        return f"{name}{between}{value}"  # What follows has been masked.
    return f"{name}{between}{MASK}"


def shorten(text: str, limit: int = LONGEST_TEXT) -> str:
    """Return a text of about `limit` characters at most; the middle of a longer one is left out."""
    if len(text) <= limit:
        return text
    kept = limit // 2
    return f"{text[:kept]}... ({len(text) - 2 * kept} characters left out) ...{text[-kept:]}"


def clean_text(text: str, limit: int = LONGEST_TEXT) -> str:
    """Return a text that is short, masked, and without surrogates, which UTF-8 cannot encode."""
    text = mask_text(shorten(text, limit))
    return text if text.isascii() else SURROGATES.sub("\ufffd", text)


def escape(text: str) -> str:
    r"""Return a text on one line, in which characters that do not print are written as `\x1b`.

    That includes line breaks, escape sequences of terminals, and characters that change the
    direction of text.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def clean_value(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON can write it; anything else becomes a text.

    Args:
        value: Anything that a program has logged.
        depth: The number of containers around it.
    """
    try:
        return _convert(value, depth)
    except Exception as error:  # noqa: BLE001 - logging must not fail, whatever a value does
        return f"<{type(value).__name__} that raises {type(error).__name__}>"


def clean_field(name: Any, value: Any, depth: int = 0) -> Any:
    """Return the clean value of a field; a mask if its name says that it is secret."""
    if value is not None and not isinstance(value, bool) and is_secret(str(name)):
        return MASK
    return clean_value(value, depth)


def _convert(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return clean_text(value, LONGEST_VALUE)
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if value.bit_length() <= MOST_BITS else f"<int of {value.bit_length()} bits>"
    if kind is float:
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return clean_text(bytes(value[:LONGEST_VALUE]).decode("utf-8", "backslashreplace"))
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return "..." if depth >= DEEPEST else _convert_items(value, depth + 1)
    return clean_text(str(value), LONGEST_VALUE)


def _convert_items(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        pairs = [pair for pair, _ in zip(value.items(), range(MOST_ITEMS), strict=False)]
        return {
            clean_text(str(key), LONGEST_VALUE): clean_field(key, item, depth)
            for key, item in pairs
        }
    return [clean_value(item, depth) for item, _ in zip(value, range(MOST_ITEMS), strict=False)]
