"""Read a channel: first what the log has after an id, then what comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from pronghorn.channels.hub import BATCH, Hub
from pronghorn.channels.subscribers import Gap, Item, Position, Subscriber
from pronghorn.core.stopping import stopping

#: The cursor before everything that the log has.
START = "0"


def read_cursor(after: str | int | None) -> int | None:
    """Return the number of a cursor, -1 for one that no log has made; None stays None.

    Args:
        after: The id of an event, `START`, or None.
    """
    if after is None:
        return None
    text = str(after)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


class Subscription:
    """The entries of one channel for one subscriber.

    Args:
        hub: The readers of this event loop.
        name: The name of the channel.
        after: The id after which to begin; None for what comes from now on.
        most: How many entries may wait for the subscriber.
        on_end: Called when the subscriber is too slow, or when the server stops.
    """

    def __init__(
        self,
        hub: Hub,
        name: str,
        after: int | None,
        most: int,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        self._hub = hub
        self._name = name
        self._after = after
        self._place = Position(0)
        self._subscriber = Subscriber(most, on_end)
        stopping.is_watched = True  # Streams get a moment for their last event.

    @property
    def ended(self) -> str | None:
        """Why it has ended: `slow` or `stopping`; None while it has not."""
        return self._subscriber.ended

    @property
    def place(self) -> int:
        """The id that it has reached."""
        return self._place.id

    def end(self, reason: str) -> None:
        """End it, after what waits."""
        self._subscriber.end(reason)

    async def find_place(self) -> Gap | None:
        """Find the place where it begins; `items` does so if nobody has.

        Returns:
            A gap, if entries after the cursor are gone, or if the log does not know the cursor.
        """
        log, name, after = self._hub.log, self._name, self._after
        self._after = 0
        if after is None:
            position = self._hub.position(name)
            self._place.id = position or (await log.span(name)).newest
            return None
        if after == 0:
            return None
        span = await log.span(name)
        is_known = span.first - 1 <= after <= span.newest
        self._place.id = after if is_known else 0
        first = await log.read(name, self._place.id, 1)
        next_id = first[0].id if first else span.newest + 1
        if is_known and next_id == after + 1:
            return None
        self._place.id = max(next_id - 1, 0)
        return Gap(self._place.id)

    async def items(self, *, begin: bool = True) -> AsyncIterator[Item]:
        """Yield entries and gaps until the subscription ends.

        Args:
            begin: False if `find_place` was called.
        """
        if begin:
            gap = await self.find_place()
            if gap:
                yield gap
        async for item in self._replay(None):
            yield item
        with self._hub.subscribe(self._name, self._place.id, self._subscriber) as position:
            async for item in self._replay(position):
                yield item
            while (found := await self._subscriber.next()) is not None:
                for item in self._place.accept(found):
                    yield item

    async def _replay(self, until: int | None) -> AsyncIterator[Item]:
        """Yield what the log has.

        Args:
            until: The id from which on entries come in another way; None to read to the end.
        """
        while until is None or self._place.id < until:
            entries = await self._hub.log.read(self._name, self._place.id, BATCH)
            for entry in entries:
                for item in self._place.accept(entry):
                    yield item
            if len(entries) < BATCH:
                return
