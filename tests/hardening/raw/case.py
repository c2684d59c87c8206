"""One raw request: the bytes, the rule of the RFC, and the outcomes that the rule accepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: The words of RFC 2119. A server that breaks a MUST fails; the other two are only reported.
MUST, SHOULD, MAY = "MUST", "SHOULD", "MAY"

REFUSED = ("400 closed",)
"""400, and the end of the connection: what follows on it cannot be told from an attack."""
REJECTED = ("400 closed", "501 closed")
ANSWERED = ("200 open",)
EITHER = ("200 open", "400 closed")


@dataclass(frozen=True)
class Case:
    """One raw request.

    An outcome is the status codes of all answers, in their order, and what becomes of the
    connection: "200 200 open", "100 200", "400 closed". `x` is any digit.

    Attributes:
        name: Unique in the table.
        data: What the client sends, in segments.
        rule: What the RFC says, with its section.
        accepts: The outcomes that the rule accepts.
        level: The word of the RFC for it.
        sees: Parts of the answer of `/echo`, if it is 200: what the program must have received.
        heads: The methods of the requests, where they are not all GET.
        ends: True if the client then closes its sending side.
    """

    name: str
    data: tuple[bytes, ...]
    rule: str
    accepts: tuple[str, ...]
    level: str = MUST
    sees: Mapping[str, Any] = field(default_factory=dict)
    heads: tuple[str, ...] = ()
    ends: bool = False


def lines(*parts: str | bytes) -> bytes:
    """Return the lines of a head, with the blank line behind them."""
    return b"\r\n".join([*map(to_bytes, parts), b"", b""])


def get(*fields: str | bytes, target: str | bytes = "/echo") -> bytes:
    """Return a GET request with a valid Host, and more header fields."""
    return lines(b"GET %b HTTP/1.1" % to_bytes(target), "Host: a", *fields)


def post(*fields: str | bytes, body: bytes = b"", target: str = "/echo") -> bytes:
    """Return a POST request with a valid Host, more header fields and a body."""
    return lines(f"POST {target} HTTP/1.1", "Host: a", *fields) + body


def chunked(body: bytes, *fields: str | bytes, target: str = "/echo") -> bytes:
    """Return a POST request with a body in chunks, which are written as they are sent."""
    return post("Transfer-Encoding: chunked", *fields, body=body, target=target)


def to_bytes(text: str | bytes) -> bytes:
    """Return a text in Latin-1, which is how the tables write bytes above 127."""
    return text.encode("latin-1") if isinstance(text, str) else text
