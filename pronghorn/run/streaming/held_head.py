"""The status line and headers of a stream, which wait for its first part.

Until they are sent, an error of the stream can still be answered as one of an endpoint.
"""

from __future__ import annotations

import anyio
from starlette.types import Message, Send

from pronghorn.run.streaming.beside import DONE

#: Seconds after which the head is sent without a first part: there are clients that wait for it
#: before they do what the stream is about to tell them.
LONGEST_WAIT = 0.5


class HeldHead:
    """The head of one response.

    - `send`: where it goes.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._lock = anyio.Lock(fast_acquire=True)
        #: Whether the head was sent.
        self.given = False

    def hold(self, start: Message) -> None:
        """Keep the head for now."""
        self._start = start

    async def give(self) -> None:
        """Send the head, if it is still held; return when it was sent."""
        async with self._lock:
            if self._start is None or self.given:
                return
            try:
                await self._send(self._start)
            finally:
                self.given = True

    async def give_late(self) -> str:
        """Send the head when the first part has not come for a while; a job beside the stream."""
        await anyio.sleep(LONGEST_WAIT)
        await self.give()
        return DONE

    async def send(self, message: Message) -> None:
        """Send a message after the head, for responses that send in a way of their own."""
        if message["type"] == "http.response.start" and self._start is None:
            self.hold(message)
        else:
            await self.give()
            await self._send(message)
