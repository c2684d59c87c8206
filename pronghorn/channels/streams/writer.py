"""Write the items of a stream in groups: a commit for each token would be a hundred per second.

The first item after a pause is written at once. Those that come while it is written, or shortly
after, wait for each other, so a group is at most `pace` seconds old when its commit begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from pronghorn.channels.streams.records import Item
from pronghorn.logger import logger

__all__ = ["Writer", "try_patiently"]

T = TypeVar("T")

#: Characters of data that may wait; then the producer waits, too.
_FULL = 256 * 1024
#: Seconds for which a store that fails is tried again, and the pauses between the tries.
PATIENCE = 30.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


class Writer:
    """The items that one producer has yielded and that are not written yet.

    Args:
        write: Writes a group, numbered from its first item on. It may be called again with the same
            group after an error.
        pace: The seconds between two commits.
        turns: Limits how many streams write at the same time.
    """

    def __init__(
        self,
        write: Callable[[int, list[Item]], Awaitable[object]],
        pace: float,
        turns: asyncio.Semaphore,
    ) -> None:
        self._write = write
        self._pace = pace
        self._turns = turns
        self._items: list[Item] = []
        self._size = 0
        #: The number of the next item to write.
        self.next = 1
        self._has_items = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_over = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def put(self, item: Item) -> None:
        """Take an item; wait while too much of others waits.

        Raises:
            Exception: The store has failed for `PATIENCE` seconds.
        """
        await self._has_room.wait()
        if self._task.done():
            await self._task
        self._items.append(item)
        self._size += len(item[1])
        self._has_items.set()
        if self._size > _FULL:
            self._has_room.clear()

    async def finish(self) -> list[Item]:
        """Wait until the group that is being written is there.

        Returns:
            The items that are not written; the last record has room for them.

        Raises:
            Exception: The store has failed for `PATIENCE` seconds.
        """
        self._is_over.set()
        self._has_items.set()
        await self._task
        return self._items

    async def stop(self) -> None:
        """Give up what is not written."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while not self._is_over.is_set():
                await self._has_items.wait()
                async with self._turns:  # The group still grows meanwhile.
                    await self._write_group()
                await self._pause()
        finally:
            self._has_room.set()  # Whoever waits for it gets the error.

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace):
                await self._is_over.wait()

    async def _write_group(self) -> None:
        if self._is_over.is_set():
            return
        group = self._items
        self._items, self._size = [], 0
        self._has_items.clear()
        self._has_room.set()
        await try_patiently(lambda: self._write(self.next, group))
        self.next += len(group)


async def try_patiently(write: Callable[[], Awaitable[T]]) -> T:
    """Write something; try again while the store fails.

    Raises:
        Exception: The store has failed for `PATIENCE` seconds.
    """
    clock = asyncio.get_running_loop().time
    deadline, pause = clock() + PATIENCE, _FIRST_PAUSE
    while True:
        try:
            return await write()
        except Exception as error:
            if clock() > deadline:
                raise
            logger.warning("A stream cannot be written yet: %s", type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
