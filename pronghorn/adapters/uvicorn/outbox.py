"""Write responses together, at the end of the event loop's turn.

A loop that is busy reads many requests in one turn. Written one by one, each response wakes its
client, which costs more than the response: with many connections at once, twice as much processor
time for each request. A loop that is not busy writes at once, since its turn ends there.
"""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import Any

#: Bytes up to which head and body are joined for one write. A longer body is handed over as it is:
#: two writes cost less than the copy, and many readers of one body share its memory.
MAX_COPIED = 65536


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


class OrderedTransport(asyncio.Transport):
    """Stands in for the transport of a connection that has responses in an outbox.

    Whatever is written to the connection, and its end, come after the responses that wait.

    - `inner`: the transport itself.
    - `outbox`: holds the responses until the turn ends.
    - `context`: the context of the connection.
    """

    __slots__ = ("context", "inner", "is_closing", "outbox")

    def __init__(self, inner: Any, outbox: Outbox, context: Context) -> None:
        super().__init__()
        self.inner = inner
        self.outbox = outbox
        self.context = context
        self.is_closing = inner.is_closing  # type: ignore[method-assign]  # asked at each response

    def write(self, data: Any) -> None:
        """Write after the responses that wait."""
        self.outbox.flush()
        self.inner.write(data)

    def writelines(self, list_of_data: Any) -> None:
        """Write several parts after the responses that wait."""
        self.outbox.flush()
        self.inner.writelines(list_of_data)

    def write_eof(self) -> None:
        """Close the sending side after the responses that wait."""
        self.outbox.flush()
        self.inner.write_eof()

    def close(self) -> None:
        """Close the connection after the responses that wait."""
        self.outbox.flush()
        self.inner.close()

    def abort(self) -> None:
        """Break the connection off; the kernel may still send the responses that wait."""
        self.outbox.flush()
        self.inner.abort()

    def resume_reading(self) -> None:
        """Read on, in the context of the connection.

        The event loop of asyncio calls the protocol in the context in which reading was resumed.
        That of the request that did so would be the context of all requests that follow.
        """
        self.context.copy().run(self.inner.resume_reading)

    def pause_reading(self) -> None:
        """Read nothing until `resume_reading`."""
        self.inner.pause_reading()

    def is_reading(self) -> bool:
        """Tell whether the transport reads."""
        return bool(self.inner.is_reading())

    def can_write_eof(self) -> bool:
        """Tell whether the sending side can be closed alone."""
        return bool(self.inner.can_write_eof())

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the sizes at which the protocol is told to stop and to go on writing."""
        self.inner.set_write_buffer_limits(high, low)

    def get_write_buffer_limits(self) -> Any:
        """Return these two sizes, the lower first."""
        return self.inner.get_write_buffer_limits()

    def get_write_buffer_size(self) -> int:
        """Return the number of bytes that the transport has not written yet."""
        return int(self.inner.get_write_buffer_size())

    def set_protocol(self, protocol: Any) -> None:
        """Hand the connection to another protocol."""
        self.inner.set_protocol(protocol)

    def get_protocol(self) -> Any:
        """Return the protocol of the connection."""
        return self.inner.get_protocol()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what the transport knows about its socket."""
        return self.inner.get_extra_info(name, default)
