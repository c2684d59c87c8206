"""Iterate a generator that may block, from async code: it runs in worker threads.

The way to a worker thread and back takes much longer than making an item. So the thread works a
little ahead of the task that sends the items, unless the program could notice that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextvars import Context, copy_context
from functools import partial
from time import monotonic
from typing import Any

import anyio

from pronghorn.core.threads.hop import find_claim, run_in_thread
from pronghorn.run.streaming.closing import close_blocking

#: The worker stops when this many bytes or items are ready, so a slow client holds it back.
_MOST_BYTES = 65_536
_MOST_ITEMS = 64
#: Seconds after which the worker is returned to the pool, so that all streams get their turn.
_TURN = 0.01
_END = object()


class BlockingItems:
    """The items of a blocking generator.

    All its steps see the same context, so a context variable that it sets keeps its value.

    Args:
        items: The generator, or any other iterable.
        encode: Encodes each item; also runs in the thread.
    """

    def __init__(self, items: Iterable[Any], encode: Callable[[Any], Any]) -> None:
        self._items = items
        self._iterator = iter(items)
        self._encode = encode
        self._context: Context | None = None

    def chunks(self, *, ahead: bool) -> AsyncIterator[Any]:
        """Return an iterator of the encoded items; must be called in the event loop.

        Args:
            ahead: Let the generator work on the next items while an item is being sent. Only for
                chunks that it cannot change afterwards. On Trio it never works ahead.
        """
        loop = _running_asyncio_loop() if ahead else None
        return self._in_step() if loop is None else self._ahead(loop)

    async def _in_step(self) -> AsyncIterator[Any]:
        step = partial(self._in_context, self._step)
        while (chunk := await run_in_thread(step)) is not _END:
            yield chunk

    async def _ahead(self, loop: asyncio.AbstractEventLoop) -> AsyncIterator[bytes]:
        ahead = _Ahead(loop, self._step)
        produce, claim = partial(self._in_context, ahead.produce), find_claim()
        while not ahead.ended:
            turn = loop.create_task(run_in_thread(produce, claim=claim))
            turn.add_done_callback(ahead.notify)
            try:
                async for chunk in ahead.during(turn):
                    yield chunk
            finally:
                if not turn.done():
                    await ahead.stop(turn)
            for chunk in ahead.take():
                yield chunk
            turn.result()

    async def close(self) -> None:
        """Run the clean-up of the generator in a thread, even if all of the pool are busy."""
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
    """Chunks that a worker thread has made for the event loop.

    Args:
        loop: The event loop that takes the chunks.
        step: Returns the next chunk or `_END`; called in the thread.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, step: Callable[[], Any]) -> None:
        self._loop = loop
        self._step = step
        self._stopped = False
        self.ready: deque[bytes] = deque()
        self.changed = asyncio.Event()
        self.ended = False

    def take(self) -> Iterator[bytes]:
        """Yield the chunks that are ready, in order, and remove them."""
        while self.ready:
            yield self.ready.popleft()

    async def during(self, turn: asyncio.Task[None]) -> AsyncIterator[bytes]:
        """Yield the chunks that become ready while a turn of the worker runs."""
        while not turn.done():
            await self.changed.wait()
            self.changed.clear()
            for chunk in self.take():
                yield chunk

    def produce(self) -> None:
        """Run one turn of the worker: until enough chunks are ready or its time is over."""
        size = 0
        until = monotonic() + _TURN
        while (item := self._step()) is not _END:
            self.ready.append(item)
            waiting = len(self.ready)
            if waiting == 1:
                # The event loop stops reading at an empty queue, so only the first chunk wakes it.
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
        """Wake the event loop after a turn."""
        if not turn.cancelled():
            turn.exception()  # Retrieve it, so that asyncio does not report it if the client left.
        self.changed.set()

    async def stop(self, turn: asyncio.Task[None]) -> None:
        """Stop the worker after its current item; wait, because a thread cannot be interrupted."""
        self._stopped = True
        with anyio.CancelScope(shield=True):
            await asyncio.wait([turn])


def _running_asyncio_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
