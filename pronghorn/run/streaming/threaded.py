"""Iterating a generator that may block, from async code: it runs in worker threads.

Going to a worker thread and back takes many times as long as an item.
So the thread works a little ahead of whoever sends the items, where that cannot be noticed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextvars import Context, copy_context
from time import monotonic
from typing import Any

import anyio
from anyio.to_thread import run_sync

from pronghorn.run.streaming.closing import close_blocking

#: The worker stops when so many bytes or items are ready: a slow client holds it back.
_MOST_BYTES = 65_536
_MOST_ITEMS = 64
#: Seconds after which the worker is given back, so that all streams get their turn.
_TURN = 0.01
_END = object()


class BlockingItems:
    """The items of a blocking generator.

    All its steps see the same context, so a context variable that it sets keeps its value.

    Args:
        items: The generator; any iterable will do.
        encode: What to make of each item; runs in the thread too.
    """

    def __init__(self, items: Iterable[Any], encode: Callable[[Any], Any]) -> None:
        self._items = items
        self._iterator = iter(items)
        self._encode = encode
        self._context: Context | None = None

    def chunks(self, *, ahead: bool) -> AsyncIterator[Any]:
        """What `encode` made of the items, one by one; must be called in the event loop.

        - `ahead`: the generator may work on the next items while an item is being sent. For
          bytes that it cannot change afterwards. On Trio it waits all the same.
        """
        loop = _running_asyncio_loop() if ahead else None
        return self._in_step() if loop is None else self._ahead(loop)

    async def _in_step(self) -> AsyncIterator[Any]:
        while (chunk := await run_sync(self._in_context, self._step)) is not _END:
            yield chunk

    async def _ahead(self, loop: asyncio.AbstractEventLoop) -> AsyncIterator[bytes]:
        ahead = _Ahead(loop, self._step)
        while not ahead.ended:
            turn = loop.create_task(run_sync(self._in_context, ahead.produce))
            turn.add_done_callback(ahead.notify)
            try:
                async for chunk in ahead.during(turn):
                    yield chunk
            finally:
                if not turn.done():
                    await ahead.stop(turn)
            for chunk in ahead.taken():
                yield chunk
            turn.result()

    async def close(self) -> None:
        """Run the clean-up of the generator in a thread, even if none of the pool is free."""
        await close_blocking(self._iterator, self._in_context)
        if self._iterator is not self._items:
            await close_blocking(self._items, self._in_context)

    def _step(self) -> Any:
        item = next(self._iterator, _END)
        return item if item is _END else self._encode(item)

    def _in_context(self, function: Callable[[], Any]) -> Any:
        if self._context is None:
            self._context = copy_context()
        return self._context.run(function)


class _Ahead:
    """What a worker thread has made ready for the event loop.

    - `step`: gives the next item or `_END`; called in the thread.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, step: Callable[[], Any]) -> None:
        self._loop = loop
        self._step = step
        self._stopped = False
        self.ready: deque[bytes] = deque()
        self.changed = asyncio.Event()
        self.ended = False

    def taken(self) -> Iterator[bytes]:
        """Take what is ready, in order."""
        while self.ready:
            yield self.ready.popleft()

    async def during(self, turn: asyncio.Task[None]) -> AsyncIterator[bytes]:
        """What becomes ready while a turn of the worker goes on."""
        while not turn.done():
            await self.changed.wait()
            self.changed.clear()
            for chunk in self.taken():
                yield chunk

    def produce(self) -> None:
        """One turn of the worker: until there is enough, or it has had its time."""
        size = 0
        until = monotonic() + _TURN
        while (item := self._step()) is not _END:
            self.ready.append(item)
            waiting = len(self.ready)
            if waiting == 1:
                # Nobody looks at an empty queue. With more in it, somebody is at work on it.
                self._loop.call_soon_threadsafe(self.changed.set)
            size += len(item)
            if (
                self._stopped
                or waiting >= _MOST_ITEMS
                or size >= _MOST_BYTES
                or monotonic() > until
            ):
                return
        self.ended = True

    def notify(self, turn: asyncio.Task[None]) -> None:
        """Tell the loop's side that a turn is over."""
        if not turn.cancelled():
            turn.exception()  # Asked for, so that asyncio reports none if the client has left.
        self.changed.set()

    async def stop(self, turn: asyncio.Task[None]) -> None:
        """Wait for the end of the turn; a thread cannot be interrupted."""
        self._stopped = True
        with anyio.CancelScope(shield=True):
            await asyncio.wait([turn])


def _running_asyncio_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
