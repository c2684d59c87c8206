"""Keep little of what a client does not take: no more than a few parts for each connection.

Three things would keep more. A transport copies what it cannot write at once, if it encrypts it or
if it belongs to asyncio before Python 3.12; `SlicingTransport` gives it a slice at a time. uvicorn
joins a part of a stream with its frame, and the program already makes the next part while one
waits; `send_part` does neither. And reading goes on while requests queue; `ConnectionFlow` refuses.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.types import Message
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from pronghorn.adapters.uvicorn.ordered_transport import PassingTransport
from pronghorn.adapters.uvicorn.outbox import MAX_COPIED, can_write

#: The most bytes that a transport is given at a time if it copies what it cannot write.
SLICE = 16_384
#: Writing pauses when a transport has more bytes than this. A part of which a byte is left is kept
#: as a whole, so that with a higher mark two parts of a file wait for each client.
HIGH_WATER = 16_384
#: Requests that may wait behind the one that is being answered; then no more data is read.
MAX_WAITING = 1000

_SEND: Any = RequestResponseCycle.send


class ConnectionFlow(FlowControl):
    """uvicorn's flow control, which reads nothing more while many requests wait.

    Args:
        transport: The transport that is paused and resumed.
        pipeline: The requests that wait.

    Attributes:
        unparsed: Data that was received but not parsed, because many requests wait.
        resumed: How often the transport has got rid of what it had.
        is_full: True while the transport has more than it can write.
        slices: The transport that keeps what does not fit, if there is one.
    """

    is_full = False
    resumed = 0
    slices: SlicingTransport | None = None
    unparsed: memoryview | None = None

    def __init__(self, transport: asyncio.Transport, pipeline: deque[Any]) -> None:
        super().__init__(transport)
        self.pipeline = pipeline

    def resume_reading(self) -> None:
        """Resume reading, unless many requests wait."""
        if self.read_paused and self.unparsed is None and len(self.pipeline) < MAX_WAITING:
            super().resume_reading()

    def pause_writing(self) -> None:
        """Note that the transport is full."""
        self.is_full = True
        super().pause_writing()

    def resume_writing(self) -> None:
        """Go on with the slices that wait, then with what the program sends."""
        self.resumed += 1
        self.is_full = False
        if self.slices is None or self.slices.feed():
            super().resume_writing()

    def wait_for_slices(self) -> None:
        """Let the program wait although the transport is not full."""
        super().pause_writing()


class SlicingTransport(PassingTransport):
    """Keeps what a transport cannot write yet, without copying it.

    Args:
        inner: The transport of the event loop.
    """

    __slots__ = ("_left", "_then", "flow")

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.flow: Any = None  # The connection sets it.
        self._left: deque[memoryview] = deque()
        self._then: Callable[[], None] | None = None

    def write(self, data: Any) -> None:
        """Write what fits, and keep the rest."""
        if not self._left and len(data) <= SLICE:
            self.inner.write(data)
            return
        self._left.append(memoryview(data))
        self.feed()

    def writelines(self, list_of_data: Any) -> None:
        """Write several parts."""
        for data in list_of_data:
            self.write(data)

    def feed(self) -> bool:
        """Write slices until the transport is full.

        Returns:
            True if nothing is left.
        """
        left, flow = self._left, self.flow
        while left and not flow.is_full:
            if self.inner.is_closing():
                left.clear()
                break
            first = left.popleft()
            if len(first) > SLICE:
                left.appendleft(first[SLICE:])
            self.inner.write(first[:SLICE])
        if left:
            flow.wait_for_slices()
            return False
        if self._then is not None:
            then, self._then = self._then, None
            then()
        return True

    def is_closing(self) -> bool:
        """Return True if the connection closes, as soon as everything is written."""
        return self._then is not None or bool(self.inner.is_closing())

    def write_eof(self) -> None:
        """Close the sending side, as soon as everything is written."""
        self._finish(self.inner.write_eof)

    def close(self) -> None:
        """Close the connection, as soon as everything is written."""
        self._finish(self.inner.close)

    def close_when_written(self) -> bool | None:
        """Close the connection if something is left, as soon as that is written.

        Returns:
            True if something is left, else None.
        """
        if not self._left:
            return None
        self.close()
        return True

    def _finish(self, action: Callable[[], None]) -> None:
        if self._left:
            self._then = action
        else:
            action()

    def abort(self) -> None:
        """Close the connection, and write nothing more."""
        self._left.clear()
        self._then = None
        self.inner.abort()

    def get_write_buffer_size(self) -> int:
        """Return the number of bytes that are not written yet."""
        return int(self.inner.get_write_buffer_size()) + sum(map(len, self._left))

    def release(self) -> Any:
        """Return the inner transport, which has everything from now on."""
        while self._left:
            self.inner.write(self._left.popleft())
        return self.inner


def limit_buffer(transport: Any) -> Any:
    """Return the transport for a connection, which keeps little that it has copied."""
    is_encrypted = transport.get_extra_info("sslcontext") is not None
    try:
        transport.set_write_buffer_limits(high=HIGH_WATER)
    except NotImplementedError:
        return transport  # asyncio's base class: there is no buffer.
    return SlicingTransport(transport) if is_encrypted or _copies(transport) else transport


def _copies(transport: Any) -> bool:
    """Return True for transports of asyncio that copy what they cannot write."""
    return sys.version_info < (3, 12) and not type(transport).__module__.startswith("uvloop")


async def send_part(cycle: Any, message: Message) -> None:
    """Send one message of a response; after a part, wait until the client has taken enough.

    Args:
        cycle: uvicorn's record of the request.
        message: The message.
    """
    body = message.get("body", b"")
    if len(body) >= MAX_COPIED and cycle.response_started and cycle.chunked_encoding:
        message = await _send_chunk(cycle, message)
    await _SEND(cycle, message)
    if message.get("more_body", False) and cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()


async def _send_chunk(cycle: Any, message: Message) -> Message:
    """Write a chunk, which uvicorn would copy, and return what is left to be sent."""
    is_head = cycle.scope["method"] == "HEAD"
    if is_head or cycle.response_complete or not await can_write(cycle, cycle.flow):
        return message
    body = message["body"]
    cycle.transport.writelines([b"%x\r\n" % len(body), body, b"\r\n"])
    return {**message, "body": b""}


class PatientCycle(RequestResponseCycle):
    """uvicorn's record of a request to an application of another framework."""

    send: Any = send_part
