"""Look after the streams that are followed in this process and from which nothing comes.

The job of a stream may be dead, so that nobody writes its last record, or its log may be gone. One
task finds this out for all followers together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context

from pronghorn.channels.streams.records import State
from pronghorn.logger import logger

__all__ = ["Follower", "Watch"]

#: How many streams one look asks for.
_MOST = 500
#: Returns the states of those of these streams that have ended.
Look = Callable[[list[str]], Awaitable[Mapping[str, State]]]


class Follower:
    """One client, or another reader of a stream.

    Args:
        stream: The id of the stream.
        end: Ends its subscription, for a reason.

    Attributes:
        stream: The id of the stream.
        is_quiet: True if nothing has come since the last look.
        state: How the stream has ended, if the follower has not read that from its log.
    """

    def __init__(self, stream: str, end: Callable[[str], None]) -> None:
        self.stream = stream
        self.is_quiet = False
        self.state: State | None = None
        self._end = end

    def finish(self, state: State) -> None:
        """Let the follower end, with a stream that has ended."""
        self.state = state
        self._end("over")


class Watch:
    """The followers in one event loop.

    Args:
        look: Returns the states of those of some streams that have ended.
        every: The seconds between two looks.
    """

    def __init__(self, look: Look, every: float) -> None:
        self._look = look
        self._every = every
        self._followers: set[Follower] = set()
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def watching(self, follower: Follower) -> Iterator[None]:
        """Look after a follower until the end of the block."""
        self._followers.add(follower)
        if self._task is None:
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._run(), context=Context())
        try:
            yield
        finally:
            self._followers.discard(follower)
            if not self._followers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            quiet = [follower for follower in self._followers if follower.is_quiet]
            for follower in self._followers:
                follower.is_quiet = True
            try:
                await self._finish_ended(quiet)
            except Exception as error:  # noqa: BLE001 - the next look may succeed
                logger.warning("Streams cannot be looked after: %s", type(error).__name__)

    async def _finish_ended(self, quiet: list[Follower]) -> None:
        names = sorted({follower.stream for follower in quiet})
        for begin in range(0, len(names), _MOST):
            ends = await self._look(names[begin : begin + _MOST])
            for follower in quiet:
                if follower.is_quiet and follower.stream in ends:
                    follower.finish(ends[follower.stream])
