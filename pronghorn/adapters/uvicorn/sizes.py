"""Bound what a client sends around the bodies of its requests: heads, chunks, trailers.

uvicorn has no such limits with httptools, and llhttp keeps a field in memory until it is complete.
An ordinary request comes in one short piece: only its number of fields is compared. Bytes are
counted for data that is long, and for heads and bodies that come in several pieces.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import httptools

from pronghorn.adapters.request_heads import (
    LONG_FRAMING,
    LONG_HEAD,
    LONG_LINE,
    MANY_FIELDS,
    MANY_PARAMETERS,
    VERSION_BYTES,
    Refusal,
    has_more_parameters,
    measure_fields,
)
from pronghorn.adapters.server_limits import ServerLimits
from pronghorn.adapters.uvicorn.deadlines import DeadlineProtocol, StoppedParser
from pronghorn.adapters.uvicorn.order import MAX_FED, TRAILERS

#: The most bytes of a target, whatever the limits are: uvicorn's function that splits targets does
#: not take more.
MAX_TARGET = 65_534
#: The bytes around a chunk that are not counted: its size in hexadecimal, and two ends of lines.
AROUND_CHUNK = 16
#: The longest method that the parser knows, with the space behind it.
METHOD_BYTES = 20
UNLIMITED = 1 << 62
#: Seconds for which the rest of a refused body is discarded, so that its client reads the answer.
LINGER_OF_BODY = 5.0


class WireSizes(NamedTuple):
    """The limits of a server in the form in which connections need them.

    Attributes:
        line: Bytes of a request line.
        head: Bytes of all fields of a head.
        fields: Number of fields.
        parameters: Number of parameters of a query.
        ordinary_target: Bytes of a target that is within all limits.
        ordinary_data: Bytes of received data in which no head can be too long.
    """

    line: int
    head: int
    fields: int
    parameters: int
    ordinary_target: int
    ordinary_data: int


def wire_sizes(limits: ServerLimits) -> WireSizes:
    """Return the limits of a server as connections need them."""
    line, head = limits.request_line or UNLIMITED, limits.head or UNLIMITED
    parameters = limits.parameters or UNLIMITED
    shortest = min(line - METHOD_BYTES - VERSION_BYTES, parameters, MAX_TARGET)
    fields, longest = limits.header_count or UNLIMITED, min(head, MAX_FED)
    return WireSizes(line, head, fields, parameters, shortest, longest)


class MeasuredProtocol(DeadlineProtocol):
    """Refuses heads that are too long, also while they arrive, and bodies in too many wrappings.

    Attributes:
        sizes: The limits.
    """

    sizes: WireSizes
    #: The number of fields above which a head is measured; -1 measures every head.
    _most_headers: int
    #: The bytes of the incomplete head, from its second piece on.
    _head_bytes = 0
    #: The number of chunks of all bodies of this connection.
    _chunks = 0

    def _measure_heads(self) -> None:
        """Measure every head from now on: data is long, or comes in pieces."""
        self._most_headers = -1

    def _parse_much(self, data: Any) -> None:
        """Parse data in which a head may be too long."""
        self._measure_heads()
        if len(data) > MAX_FED:
            self._parse_portions(data)
            return
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._parse_rest(error, data)

    def check_target(self, url: bytes) -> None:
        """Refuse a target, or the part of it that has arrived, beyond the limits.

        Raises:
            InvalidRequestError: It is too long, or has too many parameters.
        """
        sizes = self.sizes
        line = len(self.parser.get_method()) + 1 + len(url) + VERSION_BYTES
        if line > sizes.line or len(url) > MAX_TARGET:
            self.refuse(LONG_LINE)
        if has_more_parameters(url.partition(b"?")[2], sizes.parameters):
            self.refuse(MANY_PARAMETERS)

    def check_sizes(self) -> None:
        """Refuse a complete head with too many fields, or too many bytes of them.

        Raises:
            InvalidRequestError: It is beyond the limits.
        """
        self._head_bytes = 0
        if len(self.headers) > self.sizes.fields:
            self.refuse(MANY_FIELDS)
        if measure_fields(self.headers) > self.sizes.head:
            self.refuse(LONG_HEAD)

    def count_bytes(self, length: int) -> None:
        """Count data that has not completed the head of a request.

        Args:
            length: The bytes of the data.
        """
        if self._stopped:
            return
        if self.headers is not TRAILERS:
            self._count_head(length)
        elif self.cycle is not None and self.cycle.more_body:
            self._count_framing(length)

    def _count_head(self, length: int) -> None:
        """Count a piece of a head. The first piece may also have the end of a body before it."""
        self._measure_heads()
        if not self._head_bytes:
            self._head_bytes = len(self.url) + measure_fields(self.headers)
            return
        self._head_bytes += length
        if self._head_bytes > self.sizes.line + self.sizes.head:
            self._refuse_now(LONG_HEAD)

    def _count_framing(self, length: int) -> None:
        """Count what arrives beside the bytes of a body: extensions of chunks, and trailers."""
        cycle = self.cycle
        expected = self.count_body() + AROUND_CHUNK * self._chunks
        received = getattr(cycle, "received", None)
        # The first piece came with the head, so counting begins behind it.
        cycle.received = expected if received is None else received + length
        if cycle.received - expected > self.sizes.head:
            self._refuse_now(LONG_FRAMING)

    def _refuse_now(self, refusal: Refusal) -> None:
        """Refuse a request whose data the parser has accepted so far."""
        self.refusal = refusal
        self._stop_parser()
        self._refuse()

    def leave_body(self) -> None:
        """End a connection whose client is still sending the body of the last request."""
        self._stopped = True
        self._stop_parser()
        self.outbox.flush()
        self._end_gently(LINGER_OF_BODY)

    def _stop_parser(self) -> None:
        stopped: Any = StoppedParser()
        self.parser = stopped

    def on_chunk_header(self) -> None:
        """Count a chunk of a body."""
        self._chunks += 1
