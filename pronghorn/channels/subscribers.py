"""The subscribers of a channel in this process, and the place that they have reached."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pronghorn.channels.log import Entry

#: A subscriber that has more bytes waiting than this is too slow, unless it is only one entry.
_MOST_BYTES = 4_000_000


class Gap(NamedTuple):
    """Entries are gone that a subscriber has not seen.

    Attributes:
        id: The id of the last of them.
    """

    id: int


Item = Entry | Gap


class Position:
    """The place in a channel that a reader has reached.

    Args:
        id: The id of the last entry that it has seen; 0 for none.
    """

    __slots__ = ("id",)

    def __init__(self, id: int) -> None:
        self.id = id

    def accept(self, item: Item) -> Iterator[Item]:
        """Go on to an item; yield it, after a gap if entries are missing before it.

        Args:
            item: An entry or a gap. What lies before the position yields nothing.
        """
        if item.id <= self.id:
            return
        if isinstance(item, Entry) and self.id and item.id != self.id + 1:
            yield Gap(item.id - 1)
        self.id = item.id
        yield item


class Subscriber:
    """A bounded queue of entries.

    Args:
        most: How many entries may wait. One more ends the subscriber, as it is too slow.
        on_end: Called when it ends.

    Attributes:
        ended: Why it has ended, `slow` or `stopping`; None while it has not.
    """

    def __init__(self, most: int, on_end: Callable[[], None] | None = None) -> None:
        self.ended: str | None = None
        self._most = most
        self._on_end = on_end
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._waiting: asyncio.Future[None] | None = None

    def offer(self, item: Item) -> None:
        """Add an item, or end the subscriber if too many wait."""
        if self.ended:
            return
        self._items.append(item)
        self._bytes += _size(item)
        too_large = self._bytes > _MOST_BYTES and len(self._items) > 1
        if len(self._items) > self._most or too_large:
            self._items.clear()
            self.end("slow")
        self._wake()

    def end(self, reason: str) -> None:
        """End the subscriber; it still receives what waits for it.

        Args:
            reason: See `ended`.
        """
        if self.ended:
            return
        self.ended = reason
        self._wake()
        if self._on_end is not None:
            self._on_end()

    async def next(self) -> Item | None:
        """Return the next item; None at the end."""
        while not self._items:
            if self.ended:
                return None
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        item = self._items.popleft()
        self._bytes -= _size(item)
        return item

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


def _size(item: Item) -> int:
    return len(item.payload) if isinstance(item, Entry) else 0
