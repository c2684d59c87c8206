"""Hold back the status line and headers of a stream until its first part.

Until they are sent, an error in the stream can still be answered like an error in an endpoint.
"""

from __future__ import annotations

import anyio
from starlette.types import Message, Send

from pronghorn.run.streaming.beside import DONE

#: Seconds after which the head is sent without a first part: some clients wait for the head before
#: they do the work that the stream will report.
LONGEST_WAIT = 0.5


class HeldHead:
    """The head of one response.

    Args:
        send: Sends the head.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._lock = anyio.Lock(fast_acquire=True)
        #: True if the head was sent.
        self.is_sent = False

    def hold(self, start: Message) -> None:
        """Keep the head for now."""
        self._start = start

    async def flush(self) -> None:
        """Send the head if it is still held; return once it is sent."""
        async with self._lock:
            if self._start is None or self.is_sent:
                return
            try:
                await self._send(self._start)
            finally:
                self.is_sent = True

    async def flush_late(self) -> str:
        """Send the head after a while if the first part has not come; runs beside the stream."""
        await anyio.sleep(LONGEST_WAIT)
        await self.flush()
        return DONE

    async def send(self, message: Message) -> None:
        """Hold a head, or send a message after it; for responses that send messages themselves."""
        if message["type"] == "http.response.start" and self._start is None:
            self.hold(message)
        else:
            await self.flush()
            await self._send(message)
