"""Write complete responses: build their heads as bytes, and write them at the end of a turn.

A busy event loop reads many requests in one turn. If it wrote their responses one by one, each of
them would wake its client, which costs more than the response. Written together at the end of the
turn, they wake their clients once. In an idle loop the turn ends at once, so a response does not
wait.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from pronghorn.adapters.headers import check_header
from pronghorn.run.exchange import RawHeaders

#: Headers that decide how a response is framed; uvicorn's cycle handles them.
CONNECTION_HEADERS = frozenset([b"connection", b"transfer-encoding"])
FRAMING = CONNECTION_HEADERS | {b"content-length"}
JSON_HEAD = b"%bcontent-length: %d\r\ncontent-type: application/json\r\n\r\n"
REFUSAL = (
    b"%bcontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
    b"connection: close\r\n\r\n%b"
)
KEPT_HEADS = 1024
#: Up to this many bytes, a body is joined with its head for one write. A longer body is written
#: separately: a second write costs less than the copy, and clients of one body share its memory.
MAX_COPIED = 65536


class Heads:
    """A cache of the heads of responses, ready to be written, including the blank line.

    uvicorn makes a new list of default headers every second, for the date; heads made with an older
    list are discarded. If uvicorn's cycle must check each header, the methods return None.

    Attributes:
        defaults: The list of default headers that the cached heads have.
        made: The heads of JSON responses, by status code and length of the body.
    """

    def __init__(self) -> None:
        self.defaults: list[tuple[bytes, bytes]] | None = None
        self.made: dict[tuple[int, int], bytes] = {}
        self._lines: bytes | None = None
        self._by_status: dict[int, bytes] = {}

    def of_json(
        self, status: int, length: int, defaults: list[tuple[bytes, bytes]]
    ) -> bytes | None:
        """Return the head of a JSON response; None if uvicorn's cycle must make it.

        Heads are cached by status and length, because responses of one kind have few lengths.

        Args:
            status: The status code.
            length: The length of the body, in bytes.
            defaults: uvicorn's current list of default headers.
        """
        if defaults is self.defaults:
            head = self.made.get((status, length))
            if head is not None:
                return head
        first = self.first_lines(status, defaults)
        if first is None:
            return None
        if len(self.made) == KEPT_HEADS:
            self.made.clear()
        head = self.made[status, length] = JSON_HEAD % (first, length)
        return head

    def first_lines(self, status: int, defaults: list[tuple[bytes, bytes]]) -> bytes | None:
        """Return status line and default headers; None if a default header frames the body."""
        if defaults is not self.defaults:
            self.defaults = defaults
            self._lines = header_lines(defaults)
            self._by_status.clear()
            self.made.clear()
        first = self._by_status.get(status)
        if first is None and self._lines is not None:
            first = self._by_status[status] = STATUS_LINE[status] + self._lines
        return first

    def refuse(self, status: int, text: str, defaults: list[tuple[bytes, bytes]]) -> bytes:
        """Return the whole response to a request that is not read to its end.

        Args:
            status: The status code.
            text: The body.
            defaults: uvicorn's current list of default headers.
        """
        first = self.first_lines(status, defaults) or STATUS_LINE[status]
        return REFUSAL % (first, len(text), text.encode("ascii"))


class Outbox:
    """Collects the responses that the connections of an event loop write at the end of its turn."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[asyncio.WriteTransport, bytes]] = []

    def write(self, transport: asyncio.WriteTransport, head: bytes, body: bytes) -> None:
        """Write a response at the end of the turn; call `flush` before using the transport."""
        waiting = self._waiting
        if not waiting:
            self._loop.call_soon(self.flush)
        if len(body) <= MAX_COPIED:
            waiting.append((transport, head + body))
        else:
            waiting += (transport, head), (transport, body)

    def flush(self) -> None:
        """Write all waiting responses; one failing connection does not affect the others."""
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if transport.is_closing():
                continue  # The client left in the meantime.
            try:
                transport.write(data)
            except Exception as error:  # noqa: BLE001 - reported
                message = "A response could not be written"
                context = {"message": message, "exception": error, "transport": transport}
                self._loop.call_exception_handler(context)


def with_headers(head: bytes | None, headers: RawHeaders | None) -> bytes | None:
    """Return a head with more headers; None if uvicorn's cycle must check them."""
    if head is None or not headers:
        return head
    lines = header_lines(headers)
    return None if lines is None else b"%b%b\r\n" % (head[:-2], lines)


def header_lines(headers: RawHeaders, unexpected: frozenset[bytes] = FRAMING) -> bytes | None:
    """Return headers as they are written; None if one of them is unexpected.

    Raises:
        RuntimeError: A name or a value contains a character that headers must not contain.
    """
    lines = []
    for name, value in headers:
        check_header(name, value)
        lowered = name.lower()
        if lowered in unexpected:
            return None
        lines += [lowered, b": ", value, b"\r\n"]
    return b"".join(lines)


async def can_write(cycle: Any, flow: Any) -> bool:
    """Wait until a client has read enough; return False if it has left.

    Args:
        cycle: The request, which knows whether its client is there.
        flow: uvicorn's flow control of its connection.
    """
    if flow.write_paused and not cycle.disconnected:
        await flow.drain()
    return not cycle.disconnected


def log_access(logger: Any, scope: Any, status: int) -> None:
    """Log a response as uvicorn's access log does."""
    logger.info(
        '%s - "%s %s HTTP/%s" %d',
        get_client_addr(scope),
        scope["method"],
        get_path_with_query_string(scope),
        scope["http_version"],
        status,
    )
