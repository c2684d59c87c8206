"""Query strings and cookie headers, split on the fast way.

Most query strings contain neither `%` nor `+`, so there is nothing to decode in them. These
functions look for those two characters once and decode only the pieces that have one. Every
result equals what Starlette's `QueryParams` and `cookie_parser` hold for the same bytes.
"""

from __future__ import annotations

from urllib.parse import unquote, unquote_to_bytes

from starlette.requests import cookie_parser


def parse_query(raw: bytes) -> list[tuple[str, str]]:
    """Split a query string into its names and values, in the order in which they were sent.

    Empty pieces (`a=1&&b=2`) are dropped and a piece without `=` has the value `""`. Percent
    escapes are UTF-8, with U+FFFD in place of what is not; an escape that is not two hexadecimal
    digits stays as it is. `;` does not separate pieces (WHATWG URL, section 5.1).
    """
    text = raw.decode("latin-1")
    if "%" in text or "+" in text:
        return _decoded_pairs(text)
    pairs = []
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((name, value))
    return pairs


def query_dict(raw: bytes) -> dict[str, str]:
    """Parse a query string where one value per name is wanted: the last one that was sent."""
    text = raw.decode("latin-1")
    if "%" in text or "+" in text:
        return dict(_decoded_pairs(text))
    values = {}
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            values[name] = value
    return values


def query_lists(raw: bytes) -> dict[str, list[str]]:
    """Parse a query string where every value of a name is wanted, in the order of sending."""
    lists: dict[str, list[str]] = {}
    for name, value in parse_query(raw):
        if name in lists:
            lists[name].append(value)
        else:
            lists[name] = [value]
    return lists


def cookie_dict(header_value: str) -> dict[str, str]:
    """Parse the value of a `Cookie` header the way browsers write it; the last value wins.

    A piece without `=` is a value without a name. Where a quote occurs, Starlette's parser reads
    the whole header, because quoted values may contain escapes.
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


def _decoded_pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((_decoded(name), _decoded(value)))
    return pairs


def _decoded(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    if text.isascii():
        return unquote_to_bytes(text).decode("utf-8", "replace")
    # Raw bytes above 127 are characters of their own, never part of an escaped one: unquote
    # knows how to keep them apart.
    return unquote(text)
