"""Tell a request that its client has left, without a task that waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


class TellsDeparture:
    """The part of an exchange to which its connection says that the client has left.

    Attributes:
        disconnected: True if the connection is gone.
        event: The event for which `receive` waits; None if nobody does.
        input_ended: True if the client has closed its sending side.
        on_leave: Called when one of them happens; None if nobody watches.
        protocol: The connection.
    """

    __slots__ = ()
    is_told_of_departure = True
    disconnected: bool
    event: asyncio.Event | None
    input_ended: bool
    on_leave: Callable[[], None] | None = None
    protocol: Any

    def watch_departure(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call a function once the client has left.

        Args:
            tell: The function.

        Returns:
            A function that ends the watch.
        """
        self.on_leave = tell  # type: ignore[misc]  # uvicorn's class has a dictionary
        self.protocol.flow.resume_reading()  # Requests that wait may have paused it.
        if self.disconnected or self.input_ended:
            self.protocol.loop.call_soon(tell)
        return self._end_watch

    def _end_watch(self) -> None:
        self.on_leave = None  # type: ignore[misc]  # as above

    def note_departure(self) -> None:
        """Tell whoever watches that the client has left."""
        if self.on_leave is not None:
            self.on_leave()

    def end_input(self) -> None:
        """Note that the client sends no more data; `receive` then reports that it has left."""
        self.input_ended = True  # type: ignore[misc]  # as above
        self.note_departure()
        if self.event is not None:
            self.event.set()
