"""The transport of a connection whose responses may wait in an outbox."""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import Any

from pronghorn.adapters.uvicorn.outbox import Outbox


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
