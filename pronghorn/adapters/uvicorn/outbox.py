"""Complete responses on their way out: their heads as bytes, and one write for all that wait.

A loop that is busy reads many requests in one turn. Written one by one, each response wakes its
client, which costs more than the response: with many connections at once, twice as much processor
time for each request. Written together at the end of the turn, they wake their clients once. A
loop that is not busy writes at once, since its turn ends there.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from pronghorn.adapters.headers import check_header
from pronghorn.run.exchange import RawHeaders

#: Headers that decide how a response is framed: uvicorn's cycle knows what they mean.
CONNECTION_HEADERS = frozenset([b"connection", b"transfer-encoding"])
FRAMING = CONNECTION_HEADERS | {b"content-length"}
JSON_HEAD = b"%bcontent-length: %d\r\ncontent-type: application/json\r\n\r\n"
KEPT_HEADS = 1024
#: Bytes up to which head and body are joined for one write. A longer body is handed over as it is:
#: two writes cost less than the copy, and many readers of one body share its memory.
MAX_COPIED = 65536


class Heads:
    """The heads of responses, ready to be written, blank line included.

    uvicorn makes a new list of default headers every second, for the date; what was made with
    another list is forgotten. Where uvicorn's cycle has to look at each header, there is none.
    """

    def __init__(self) -> None:
        self._defaults: list[tuple[bytes, bytes]] | None = None
        self._lines: bytes | None = None
        self._by_status: dict[int, bytes] = {}
        self._of_json: dict[tuple[int, int], bytes] = {}

    def of_json(
        self, status: int, length: int, defaults: list[tuple[bytes, bytes]]
    ) -> bytes | None:
        """Return the head of a JSON response; None where uvicorn's cycle has to make it.

        It is kept by status and length, since responses of one kind have few lengths.

        Args:
            status: The status code.
            length: Of the body, in bytes.
            defaults: uvicorn's list of default headers, as it is now.
        """
        if defaults is self._defaults:
            head = self._of_json.get((status, length))
            if head is not None:
                return head
        first = self.first_lines(status, defaults)
        if first is None:
            return None
        if len(self._of_json) == KEPT_HEADS:
            self._of_json.clear()
        head = self._of_json[status, length] = JSON_HEAD % (first, length)
        return head

    def first_lines(self, status: int, defaults: list[tuple[bytes, bytes]]) -> bytes | None:
        """Return status line and default headers; None where a default header frames the body."""
        if defaults is not self._defaults:
            self._defaults = defaults
            self._lines = header_lines(defaults)
            self._by_status.clear()
            self._of_json.clear()
        first = self._by_status.get(status)
        if first is None and self._lines is not None:
            first = self._by_status[status] = STATUS_LINE[status] + self._lines
        return first


class Outbox:
    """What the connections of one event loop will write at the end of this turn."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[asyncio.WriteTransport, bytes]] = []

    def write(self, transport: asyncio.WriteTransport, head: bytes, body: bytes) -> None:
        """Write a response when the turn ends; `flush` before using the transport otherwise."""
        waiting = self._waiting
        if not waiting:
            self._loop.call_soon(self.flush)
        if len(body) <= MAX_COPIED:
            waiting.append((transport, head + body))
        else:
            waiting += (transport, head), (transport, body)

    def flush(self) -> None:
        """Write now what is waiting; a connection that fails does not affect the others."""
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if transport.is_closing():
                continue  # its client left in the meantime
            try:
                transport.write(data)
            except Exception as error:  # noqa: BLE001 - reported
                message = "A response could not be written"
                context = {"message": message, "exception": error, "transport": transport}
                self._loop.call_exception_handler(context)


def with_headers(head: bytes | None, headers: RawHeaders | None) -> bytes | None:
    """A head with more headers; None where uvicorn's cycle has to look at them."""
    if head is None or not headers:
        return head
    lines = header_lines(headers)
    return None if lines is None else b"%b%b\r\n" % (head[:-2], lines)


def header_lines(headers: RawHeaders, unexpected: frozenset[bytes] = FRAMING) -> bytes | None:
    """Headers as they are written; None if an unexpected one is there.

    Raises:
        RuntimeError: A name or a value contains what no header may.
    """
    lines = []
    for name, value in headers:
        check_header(name, value)
        lowered = name.lower()
        if lowered in unexpected:
            return None
        lines += [lowered, b": ", value, b"\r\n"]
    return b"".join(lines)


def log_access(logger: Any, scope: Any, status: int) -> None:
    """Write the line of uvicorn's access log for a response."""
    logger.info(
        '%s - "%s %s HTTP/%s" %d',
        get_client_addr(scope),
        scope["method"],
        get_path_with_query_string(scope),
        scope["http_version"],
        status,
    )
