"""The headers of a complete response as they are written, where many responses have the same."""

from __future__ import annotations

from collections.abc import Iterable

from pronghorn.adapters.uvicorn.outbox import CONNECTION_HEADERS, header_lines

#: Headers whose values are few, so that the lines of each can be kept.
REPEATED = frozenset(
    [
        b"access-control-allow-credentials",
        b"access-control-allow-origin",
        b"access-control-expose-headers",
        b"content-encoding",
        b"content-type",
        b"referrer-policy",
        b"strict-transport-security",
        b"vary",
        b"x-content-type-options",
        b"x-frame-options",
    ]
)
MOST_LINES = 1024
#: A longer value is not kept: it may be an origin, which a client can make as long as it likes.
LONGEST_VALUE = 256
#: The lines of headers that are repeated.
KEPT: dict[tuple[bytes, bytes], bytes] = {}


def whole_head(first: bytes, headers: Iterable[tuple[bytes, bytes]], length: int) -> bytes | None:
    """Return the head of a complete response as it is written, including the blank line.

    Args:
        first: The status line and the default headers, as they are written.
        headers: The other headers.
        length: The length of the body, in bytes.

    Returns:
        None if the headers do not declare this length once, if they set a connection header, or if
            they are no tuples of bytes: uvicorn's cycle must decide how the response is framed.

    Raises:
        RuntimeError: A name or a value contains a character that headers must not contain.
    """
    lines: list[bytes] | None
    try:
        lines = _lines_of(headers, length)
    except TypeError:  # A header is a list, or is not made of bytes.
        return None
    return None if lines is None else b"%b%b\r\n" % (first, b"".join(lines))


def _lines_of(headers: Iterable[tuple[bytes, bytes]], length: int) -> list[bytes] | None:
    lines, lengths = [], 0
    for header in headers:
        line = KEPT.get(header)
        if line is None:
            if header[0] == b"content-length":
                lengths += 1 if header[1] == b"%d" % length else 2
            line = line_of(header)
            if line is None:
                return None
        lines.append(line)
    return lines if lengths == 1 else None


def line_of(header: tuple[bytes, bytes]) -> bytes | None:
    """Return a header as it is written; None for a connection header.

    Raises:
        RuntimeError: Its name or its value contains a character that headers must not contain.
    """
    line = header_lines([header], CONNECTION_HEADERS)
    if header[0] in REPEATED and len(header[1]) <= LONGEST_VALUE and line is not None:
        if len(KEPT) >= MOST_LINES:
            KEPT.clear()
        KEPT[header] = line
    return line
