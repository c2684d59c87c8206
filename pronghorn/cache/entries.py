"""Stored responses: which responses may be stored, and what is sent for a stored one.

The rules of RFC 9111 for shared caches apply, so that what one client gets is for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from starlette.responses import Response

from pronghorn.cache.rule import Directives
from pronghorn.core.monkeypatches import is_overridden

RawHeaders = tuple[tuple[bytes, bytes], ...]
#: Directives of a response that must not be given to another client, or not without a question.
_FORBIDDEN = frozenset({"no-store", "private", "no-cache"})
#: A part of a file, and an answer to the condition of one client.
_NOT_WHOLE = (206, 304)
#: Headers that describe a content, which a 304 does not have (RFC 9110, section 15.4.5).
_OF_CONTENT = (b"content-length", b"content-type", b"content-encoding", b"content-language")


class Entry(NamedTuple):
    """A stored response, or the names of the headers by which several are stored.

    Attributes:
        status: Its status.
        headers: Its headers, with `ETag` and `Cache-Control`, without `Age`.
        body: Its content.
        stored_at: When it was made, in seconds since 1970, by the clock of its process.
        fresh: The seconds for which it is fresh.
        tokens: The tokens of the store when its endpoint began; another one makes it invalid.
        varies: Not a response, but the names of the request's headers that choose one.
    """

    status: int
    headers: RawHeaders
    body: bytes
    stored_at: float
    fresh: float
    tokens: tuple[str, ...]
    varies: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """Return the entry as bytes, which only `decode` reads: a line of JSON, and the content."""
        headers = [[part.decode("latin-1") for part in pair] for pair in self.headers]
        facts = self.status, headers, self.stored_at, self.fresh, self.tokens, self.varies
        return b"%b\n%b" % (json.dumps(facts).encode(), self.body)


def decode(stored: Any) -> Entry | None:
    """Return the entry of what a store holds; None if it is not one of ours.

    Others may write to a shared store, and so may another version of the program.
    """
    if isinstance(stored, Entry):
        return stored
    if not isinstance(stored, bytes):
        return None
    line, _, body = stored.partition(b"\n")
    try:
        status, headers, stored_at, fresh, tokens, varies = json.loads(line)
        raw = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)
        numbers = int(status), float(stored_at), float(fresh)
        return Entry(numbers[0], raw, body, *numbers[1:], tuple(tokens), tuple(varies))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def make_entry(
    response: Response,
    directives: Directives,
    fresh: float,
    tokens: tuple[str, ...],
    now: float,
) -> Entry | None:
    """Return the entry for the response of an endpoint; None if it must not be stored.

    Args:
        response: The response.
        directives: What the cache tells clients.
        fresh: The seconds for which a response of the route is fresh; it may say less itself.
        tokens: The tokens of the store when the endpoint began.
        now: The time.
    """
    body = getattr(response, "body", None)
    if not 200 <= response.status_code < 400 or response.status_code in _NOT_WHOLE:
        return None
    if is_overridden(response, Response, "__call__") or not isinstance(body, bytes):
        return None  # It is sent in parts, or in a way of its own.
    found = {name.lower() for name, _ in response.raw_headers}
    allowed = _find_allowed_time(response, fresh)
    if not allowed or b"set-cookie" in found or "*" in varying_headers(response):
        return None
    added = [
        # A weak one, since middleware around the route may compress the same content or not.
        (b"etag", b'W/"%b"' % sha256(body).hexdigest()[:32].encode()),
        (b"cache-control", directives.write(allowed)),
    ]
    headers = (*response.raw_headers, *(pair for pair in added if pair[0] not in found))
    return Entry(response.status_code, headers, body, now, allowed, tokens)


def _find_allowed_time(response: Response, fresh: float) -> float:
    """Return for how long a response may be stored: as the route says, or less; 0 for not at all.

    `s-maxage`, which is for shared caches, counts more than `max-age`.
    """
    limits: dict[str, float] = {}
    for part in ",".join(response.headers.getlist("cache-control")).lower().split(","):
        name, _, value = part.strip().partition("=")
        if name in _FORBIDDEN:
            return 0
        if name in ("s-maxage", "max-age"):
            text = value.strip('"')
            limits[name] = float(text) if text.isdecimal() else 0.0
    return min(fresh, limits.get("s-maxage", limits.get("max-age", fresh)))


def varying_headers(response: Response) -> tuple[str, ...]:
    """Return the names in the `Vary` of a response, in lower case and in order."""
    names = ",".join(response.headers.getlist("vary")).lower().split(",")
    return tuple(sorted({name.strip() for name in names} - {""}))


def answer(entry: Entry, headers: Mapping[bytes, bytes], *, age: int | None) -> Response:
    """Return the response to one request.

    Args:
        entry: The stored response.
        headers: The headers of the request; if it names the ETag, it gets a 304.
        age: The seconds since it was made, for `Age`; None if it was made for this request.
    """
    response = Response.__new__(Response)
    response.status_code, response.body = entry.status, entry.body
    response.background = None
    response.raw_headers = raw = list(entry.headers)
    if age is not None:
        raw.append((b"age", b"%d" % max(0, age)))
    asked = headers.get(b"if-none-match")
    if asked is not None and entry.status == 200 and _is_named(asked, entry.headers):
        response.status_code, response.body = 304, b""
        response.raw_headers = [pair for pair in raw if pair[0].lower() not in _OF_CONTENT]
    return response


def _is_named(asked: bytes, headers: RawHeaders) -> bool:
    """Return whether `If-None-Match` names an ETag, by the weak comparison of RFC 9110, 13.1.2."""
    own = next((value for name, value in headers if name.lower() == b"etag"), b"")
    tags = {tag.strip().removeprefix(b"W/") for tag in asked.split(b",")}
    return b"*" in tags or own.removeprefix(b"W/") in tags
