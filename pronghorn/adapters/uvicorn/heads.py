"""The lines in front of a response's body, as uvicorn writes them."""

from __future__ import annotations

from typing import Any

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from pronghorn.adapters.headers import check_header
from pronghorn.run.exchange import RawHeaders

#: Headers that decide how a response is framed: uvicorn's cycle knows what they mean.
CONNECTION_HEADERS = frozenset([b"connection", b"transfer-encoding"])
FRAMING = CONNECTION_HEADERS | {b"content-length"}
JSON_HEAD = b"%bcontent-length: %d\r\ncontent-type: application/json\r\n\r\n"
KEPT_HEADS = 1024


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
        """For a JSON response whose body has a length in bytes.

        Kept by length, since responses of one kind have few, and formatting takes longer.
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
        """Status line and default headers."""
        if defaults is not self._defaults:
            self._defaults = defaults
            self._lines = header_lines(defaults)
            self._by_status.clear()
            self._of_json.clear()
        first = self._by_status.get(status)
        if first is None and self._lines is not None:
            first = self._by_status[status] = STATUS_LINE[status] + self._lines
        return first


def with_headers(head: bytes | None, headers: RawHeaders | None) -> bytes | None:
    """A head with more headers; None where uvicorn's cycle has to look at them."""
    if head is None or not headers:
        return head
    lines = header_lines(headers)
    return None if lines is None else b"%b%b\r\n" % (head[:-2], lines)


class Held:
    """The head of a response that declares its length, until the body comes.

    - `message`: the ASGI message.
    - `lines`: its headers as they are written.
    """

    __slots__ = ("length", "lines", "message")

    def __init__(self, message: Any, lines: bytes, length: int) -> None:
        self.message = message
        self.lines = lines
        self.length = length

    @classmethod
    def of(cls, message: Message) -> Held | None:
        """The head that a message is; None if nobody knows yet how long the body will be."""
        headers = list(message.get("headers", ()))
        lengths = [value for name, value in headers if name == b"content-length"]
        if len(lengths) != 1:
            return None
        lines = header_lines(headers, CONNECTION_HEADERS)
        return None if lines is None else cls(message, lines, int(lengths[0]))

    def after(self, first_lines: bytes) -> bytes:
        """The head as it is written, blank line included."""
        return b"%b%b\r\n" % (first_lines, self.lines)

    def is_completed_by(self, message: Message, method: str) -> bool:
        """Whether a message is the whole body."""
        if message["type"] != "http.response.body" or message.get("more_body", False):
            return False
        return method == "HEAD" or len(message.get("body", b"")) == self.length


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
