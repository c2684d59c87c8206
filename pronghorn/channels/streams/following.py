"""Follow a stream: what is there already, then what comes, until its end or that of the server."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

from pronghorn.channels.channel import BoundChannel
from pronghorn.channels.channels import Channels
from pronghorn.channels.log import Entry
from pronghorn.channels.streams.records import Record
from pronghorn.channels.streams.replay import Replay
from pronghorn.channels.streams.watch import Follower, Watch
from pronghorn.sse import ServerSentEvent

__all__ = ["Followed"]

#: Milliseconds after which clients come back whose server ends: not all of them at once.
_SOON, _LATE = 50, 1000
#: How many records are read at a time.
_BATCH = 64


class Followed:
    """The events of a stream; iterate over it once.

    The event of an item has the item as JSON in `raw_data`, and an `id` for coming back. `end`,
    `failed` and `reset` are named events. The iteration ends after `end` or `failed`; it also ends
    when the server stops, after an event that only has `retry`.

    Args:
        stream: The id of the stream.
        channels: The channels with its log.
        channel: The log.
        replay: Turns records into events.
        watch: Looks after followers.

    Attributes:
        id: The id of the stream.
    """

    def __init__(
        self,
        stream: str,
        channels: Channels,
        channel: BoundChannel[Record],
        replay: Replay,
        watch: Watch,
    ) -> None:
        self.id = stream
        self._channels = channels
        self._channel = channel
        self._replay = replay
        self._watch = watch
        self._events: Any = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._events is not None:
            await self._events.aclose()

    def __aiter__(self) -> AsyncIterator[ServerSentEvent]:
        if self._events is None:
            self._events = self._follow()
        found: AsyncIterator[ServerSentEvent] = self._events
        return found

    async def _follow(self) -> AsyncIterator[ServerSentEvent]:
        replay = self._replay
        for event in replay.open():
            yield event
        subscription = self._channels.subscribe(self._channel, replay.cursor)
        follower = Follower(self.id, subscription.end)
        with self._watch.watching(follower):
            async for item in subscription.items():
                follower.is_quiet = False
                if not isinstance(item, Entry):
                    continue  # The numbers of items tell of those that are gone.
                for event in replay.translate(item.id, self._channel.decode(item.payload)):
                    yield event
                if replay.is_over:
                    return
        if follower.state is None:
            yield ServerSentEvent(retry=random.randint(_SOON, _LATE))  # noqa: S311 - no secret
            return
        async for event in self._read_rest():
            yield event
        if not replay.is_over:
            yield replay.end(follower.state)

    async def _read_rest(self) -> AsyncIterator[ServerSentEvent]:
        """Yield what the log has of a stream that has ended, if its reader was late."""
        log, replay = self._channels.log, self._replay
        while entries := await log.read(self._channel.name, replay.cursor, _BATCH):
            for entry in entries:
                for event in replay.translate(entry.id, self._channel.decode(entry.payload)):
                    yield event
                if replay.is_over:
                    return
