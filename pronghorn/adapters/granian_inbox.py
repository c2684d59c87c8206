"""Receive the messages of a client from Granian without losing one."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive


class Inbox:
    """The messages of one client.

    Args:
        receive: Granian's `receive`.
    """

    __slots__ = ("_receive", "pending")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
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
        message = await asyncio.shield(self.look_ahead())
        self.pending = None
        return message

    def end(self) -> None:
        """Stop waiting for messages."""
        if self.pending is not None:
            self.pending.cancel()
