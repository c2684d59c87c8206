"""Know that the server is about to end, and end the streams that would keep it.

Servers wait for responses that run. A stream of events never ends by itself, so whoever learns
that the server ends calls `tell`: `pronghorn run` when it no longer accepts connections, the
adapter of Granian at SIGTERM.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

__all__ = ["FAREWELL", "Stopping", "run_until_stop", "stopping"]

#: Seconds that streams have to end by themselves, in a program that asks whether the server ends.
FAREWELL = 1.0


class Stopping:
    """Whether the server of this process is about to end, and what has to end with it.

    Attributes:
        is_told: True from `tell` on.
        is_watched: True once the program has asked; then its streams get a moment for the end.
    """

    def __init__(self) -> None:
        self.is_told = False
        self.is_watched = False
        self._ends: set[Callable[[], None]] = set()
        self._waiting: set[asyncio.Event] = set()

    def tell(self) -> None:
        """Wake those that wait, and soon end what was registered; call it in the event loop."""
        if self.is_told:
            return
        self.is_told = True
        for event in self._waiting:
            event.set()
        self._end_soon(self._end_all)

    def forget(self) -> None:
        """Begin anew: a process may run several servers one after the other, as tests do."""
        self.is_told = False

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Call a function when the server ends, unless this block has ended before.

        Args:
            end: It is called in the event loop, at most once; soon if the server ends already.
        """
        self._ends.add(end)
        if self.is_told:
            self._end_soon(partial(self._end, end))
        try:
            yield
        finally:
            self._ends.discard(end)

    async def wait(self) -> None:
        """Return when the server is about to end."""
        self.is_watched = True
        if self.is_told:
            return
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await event.wait()
        finally:
            self._waiting.discard(event)

    def _end_soon(self, end: Callable[[], None]) -> None:
        # A stream that is about to wait for its next turn may ask in that turn for the first time.
        asyncio.get_running_loop().call_soon(self._end_after_farewell, end)

    def _end_after_farewell(self, end: Callable[[], None]) -> None:
        if self.is_watched:
            asyncio.get_running_loop().call_later(FAREWELL, end)
        else:
            end()

    def _end_all(self) -> None:
        for end in tuple(self._ends):
            self._end(end)

    def _end(self, end: Callable[[], None]) -> None:
        if end in self._ends:
            self._ends.discard(end)
            end()


stopping = Stopping()
"""That of this process."""


async def run_until_stop(
    send: Callable[[], Awaitable[None]], close: Callable[[], Awaitable[None]]
) -> None:
    """Send a stream until its end or that of the server; returns in both cases.

    The task is interrupted where it waits, once: what the generator awaits in its `finally` runs.

    Args:
        send: Sends the items.
        close: Closes the generator, after it was interrupted.
    """
    task = _current_task()
    if task is None:
        await send()  # On Trio; no server that runs on it says when it ends.
        return
    is_interrupted = False

    def interrupt() -> None:
        nonlocal is_interrupted
        is_interrupted = True
        task.cancel()

    try:
        with stopping.ending(interrupt):
            await send()
    except asyncio.CancelledError:
        if not is_interrupted or task.uncancel():
            raise  # Somebody else has cancelled it, too.
        await close()


def _current_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
