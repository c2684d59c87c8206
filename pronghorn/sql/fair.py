"""Pools whose connections go to the task that has waited for the longest time.

With the queue of asyncio a freed connection goes to whoever asks next, and a task that was about to
get it waits again, behind all others. That queue also belongs to one event loop, and the engines of
SQLite are those of all event loops of a process.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from threading import RLock
from typing import Any

from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_only
from sqlalchemy.util.queue import Empty, Full, QueueCommon

from pronghorn.core.private_names import has_names


class _Turn:
    """The place of a task in the queue, and what it is given there."""

    __slots__ = ("_loop", "future", "item")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.future = self._loop.create_future()
        self.item: Any = None

    def wake_up(self) -> None:
        if not self.future.done():
            self.future.set_result(None)

    def give(self, item: Any) -> bool:
        """Give the task something, from any thread; return False if its event loop is closed."""
        self.item = item
        try:
            self._loop.call_soon_threadsafe(self.wake_up)
        except RuntimeError:
            self.item = None
            return False
        return True


class FairQueue(QueueCommon[Any]):
    """The idle connections of a pool, and the tasks that wait for one, of any event loop.

    As long as a task waits, nothing is idle: what is put goes to the first task at once.

    Args:
        maxsize: How many connections it holds, 0 for any number.
        use_lifo: Whether the one that was put last is the next one.
    """

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:  # As SQLAlchemy calls it.
        self.maxsize = maxsize
        self.use_lifo = use_lifo
        self._idle: deque[Any] = deque()
        self._turns: deque[_Turn] = deque()
        # The garbage collector puts connections too, in the middle of everything.
        self._lock = RLock()

    def empty(self) -> bool:
        """Return whether nothing is idle."""
        return not self._idle

    def full(self) -> bool:
        """Return whether there is no room."""
        return 0 < self.maxsize <= len(self._idle)

    def qsize(self) -> int:
        """Return how many connections are idle."""
        return len(self._idle)

    def put_nowait(self, item: Any) -> None:
        """Give a connection to the first task that waits, or keep it.

        Raises:
            Full: There is no room.
        """
        with self._lock:
            while self._turns:
                if self._turns.popleft().give(item):
                    return
            if self.full():
                raise Full
            self._idle.append(item)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Do the same; nobody waits for room, as a pool puts only what it has room for."""
        self.put_nowait(item)

    def get_nowait(self) -> Any:
        """Return an idle connection.

        Raises:
            Empty: There is none.
        """
        with self._lock:
            if not self._idle:
                raise Empty
            return self._idle.pop() if self.use_lifo else self._idle.popleft()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Return a connection, if need be after those who wait already; runs in a greenlet.

        Raises:
            Empty: The time is over.
        """
        with suppress(Empty):
            return self.get_nowait()
        if not block:
            raise Empty
        return await_only(self.wait(timeout))

    async def wait(self, timeout: float | None = None) -> Any:
        """Return a connection, if need be after those who wait already.

        Raises:
            Empty: The time is over.
        """
        turn = _Turn()
        with self._lock:
            with suppress(Empty):
                return self.get_nowait()
            self._turns.append(turn)
        timer = None
        if timeout is not None:
            timer = asyncio.get_running_loop().call_later(timeout, turn.wake_up)
        try:
            await turn.future
        except BaseException:
            if self._leave(turn) is not None:
                self.put_nowait(turn.item)
            raise
        finally:
            if timer is not None:
                timer.cancel()
        if self._leave(turn) is None:
            raise Empty
        return turn.item

    def _leave(self, turn: _Turn) -> Any:
        """Wait no longer, and return what the task was given; None if nothing."""
        with self._lock:
            if turn.item is None:
                with suppress(ValueError):
                    self._turns.remove(turn)
            return turn.item


class FairPool(AsyncAdaptedQueuePool):
    """A pool whose connections go to the task that has waited for the longest time."""

    #: The name of its logger for SQLAlchemy, whose level is WARNING. By its module it would be one
    #: of ours, and say at INFO that it is disposed of.
    _sqla_logger_namespace = "sqlalchemy.pool.impl.FairPool"


if has_names("sqlalchemy.pool.impl", ["QueuePool._queue_class"], "Pools are less fair."):
    FairPool._queue_class = FairQueue
