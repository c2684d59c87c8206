"""The transport of a connection whose responses may wait in an outbox."""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import Any

from pronghorn.adapters.uvicorn.outbox import Outbox


class PassingTransport(asyncio.Transport):
    """Passes everything on to another transport; subclasses change a part of it.

    Args:
        inner: The other transport.
    """

    __slots__ = ("inner",)

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner

    def resume_reading(self) -> None:
        """Resume reading after `pause_reading`."""
        self.inner.resume_reading()

    def pause_reading(self) -> None:
        """Stop reading until `resume_reading` is called."""
        self.inner.pause_reading()

    def is_reading(self) -> bool:
        """Return True if the transport is reading."""
        return bool(self.inner.is_reading())

    def can_write_eof(self) -> bool:
        """Return True if only the sending side can be closed."""
        return bool(self.inner.can_write_eof())

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the buffer sizes at which the protocol must pause and may resume writing."""
        self.inner.set_write_buffer_limits(high, low)

    def get_write_buffer_limits(self) -> Any:
        """Return the sizes at which writing resumes and pauses, the lower first."""
        return self.inner.get_write_buffer_limits()

    def get_write_buffer_size(self) -> int:
        """Return the number of bytes that the transport has not written yet."""
        return int(self.inner.get_write_buffer_size())

    def set_protocol(self, protocol: Any) -> None:
        """Pass the connection to another protocol."""
        self.inner.set_protocol(protocol)

    def get_protocol(self) -> Any:
        """Return the protocol of the connection."""
        return self.inner.get_protocol()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return information about the transport's socket."""
        return self.inner.get_extra_info(name, default)


class OrderedTransport(PassingTransport):
    """Replaces the transport of a connection whose responses are collected in an outbox.

    It writes the responses that wait before any other data, and before the connection closes.

    Args:
        inner: The transport of the event loop.
        outbox: Holds the responses until the end of the turn.
        context: The context of the connection.
    """

    __slots__ = ("context", "is_closing", "outbox")

    def __init__(self, inner: Any, outbox: Outbox, context: Context) -> None:
        super().__init__(inner)
        self.outbox = outbox
        self.context = context
        self.is_closing = inner.is_closing  # type: ignore[method-assign]  # called for each response

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
        """Abort the connection; the kernel may still send the responses that wait."""
        self.outbox.flush()
        self.inner.abort()

    def resume_reading(self) -> None:
        """Resume reading in the context of the connection.

        The event loop of asyncio calls the protocol in the context in which reading was resumed.
        Without a copy, the context of one request would be that of all later requests.
        """
        self.context.copy().run(self.inner.resume_reading)
