"""The messages of one client of Granian."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive

__all__ = ["Inbox"]


class Inbox:
    """The messages of one client.

    Args:
        receive: Granian's `receive`.
    """

    __slots__ = ("_receive", "last", "pending")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        #: The message that takes the place of all that the client still sends.
        self.last: Message | None = None
        #: The next message, while it is awaited.
        self.pending: asyncio.Future[Message] | None = None

    def look_ahead(self) -> asyncio.Future[Message]:
        """Return the future of the next message, which a later call of `take` returns."""
        if self.pending is None:
            self.pending = asyncio.ensure_future(self._receive())
        return self.pending

    async def take(self) -> Message:
        """Return the next message. A cancelled call leaves the message for the next one.

        `Request.is_disconnected` and `asyncio.wait_for` cancel such calls.
        """
        if self.last is not None:
            return self.last
        ahead = self.look_ahead()
        try:
            message = await asyncio.shield(ahead)
        except asyncio.CancelledError:
            last = self.last_of(ahead)
            if last is None:
                raise
            return last
        self.pending = None
        return message

    def finish(self, message: Message) -> None:
        """Let a message be the last one, also for a call that waits."""
        self.last = message
        self.end()

    def end(self) -> None:
        """Stop waiting for messages."""
        if self.pending is not None:
            self.pending.cancel()

    def last_of(self, ahead: asyncio.Future[Message]) -> Message | None:
        """Return the last message if `finish` has cancelled a wait for the next one."""
        return self.last if ahead.cancelled() else None
