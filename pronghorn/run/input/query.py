"""Split query strings and cookie headers quickly.

Most query strings contain neither `%` nor `+` and need no decoding. These functions search for
the two characters once and decode only the pieces that contain one. Every result equals that of
Starlette's `QueryParams` and `cookie_parser` for the same bytes.
"""

from __future__ import annotations

from urllib.parse import unquote, unquote_to_bytes

from starlette.requests import cookie_parser


def parse_query(raw: bytes) -> list[tuple[str, str]]:
    """Return the names and values of a query string, in the order in which they were sent.

    Empty pieces (`a=1&&b=2`) are dropped and a piece without `=` has the value `""`. Percent
    escapes are decoded as UTF-8, and U+FFFD replaces invalid bytes; an escape that is not two
    hexadecimal digits stays unchanged. `;` does not separate pieces (WHATWG URL, section 5.1).
    """
    text = raw.decode("latin-1")
    if "%" in text or "+" in text:
        return _decode_pairs(text)
    pairs = []
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((name, value))
    return pairs


def query_dict(raw: bytes) -> dict[str, str]:
    """Return one value for each name of a query string: the last one that was sent."""
    text = raw.decode("latin-1")
    if "%" in text or "+" in text:
        return dict(_decode_pairs(text))
    values = {}
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            values[name] = value
    return values


def query_lists(raw: bytes) -> dict[str, list[str]]:
    """Return every value for each name of a query string, in the order of sending."""
    lists: dict[str, list[str]] = {}
    for name, value in parse_query(raw):
        if name in lists:
            lists[name].append(value)
        else:
            lists[name] = [value]
    return lists


def cookie_dict(header_value: str) -> dict[str, str]:
    """Return the cookies of a `Cookie` header in the form that browsers send; the last value wins.

    A piece without `=` is a value without a name. Starlette's parser reads a header that contains
    a quote, because quoted values may contain escapes.
    """
    if '"' in header_value:
        return cookie_parser(header_value)
    cookies = {}
    for piece in header_value.split(";"):
        name, separator, value = piece.partition("=")
        if not separator:
            name, value = "", name
        name, value = name.strip(), value.strip()
        if name or value:
            cookies[name] = value
    return cookies


def _decode_pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((_decode(name), _decode(value)))
    return pairs


def _decode(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    if text.isascii():
        return unquote_to_bytes(text).decode("utf-8", "replace")
    # A raw byte above 127 is a character by itself and never part of an escaped one; unquote
    # keeps the two apart.
    return unquote(text)
