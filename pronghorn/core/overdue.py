"""Operations that take too long.

Nearly all operations end in time, and a timer for each costs more than everything else that
watches it. So the operations of an event loop that have the same time share one. It is set for the
oldest of them, and when it goes off, for the one that is the oldest then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from weakref import WeakKeyDictionary


class Running:
    """The operations of an event loop that have the same time.

    Args:
        seconds: Their time.
    """

    __slots__ = ("_is_set", "_operations", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        #: Operation -> when its time is over, and what happens then; the oldest first.
        self._operations: dict[object, tuple[float, Callable[[], object]]] = {}
        self._is_set = False

    def add(
        self, loop: asyncio.AbstractEventLoop, operation: object, give_up: Callable[[], object]
    ) -> None:
        """Watch an operation that begins.

        Args:
            loop: The running event loop.
            operation: A name of the operation, for `remove`.
            give_up: Is called when its time is over.
        """
        end = loop.time() + self._seconds
        self._operations[operation] = end, give_up
        if not self._is_set:
            self._set(loop, end)

    def remove(self, operation: object) -> None:
        """Watch an operation no longer."""
        self._operations.pop(operation, None)

    def _set(self, loop: asyncio.AbstractEventLoop, time: float) -> None:
        self._is_set = True
        # The timer outlives the request that sets it, and must not keep its context variables.
        loop.call_at(time, self._end_oldest, loop, context=Context())

    def _end_oldest(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up the oldest operation if its time is over, and set the timer for the next one."""
        self._is_set = False
        if not self._operations:
            return
        oldest, (end, give_up) = next(iter(self._operations.items()))
        if end > loop.time():
            self._set(loop, end)
            return
        del self._operations[oldest]
        if self._operations:
            self._set(loop, loop.time())
        give_up()


#: Event loop -> seconds -> the operations that have so much time.
_OF_LOOPS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[float, Running]]
_OF_LOOPS = WeakKeyDictionary()


def watch(seconds: float, operation: object, give_up: Callable[[], object]) -> Running:
    """Call a function when the time of an operation is over.

    Args:
        seconds: Its time from now on.
        operation: A name of the operation, for `remove`.
        give_up: The function.

    Returns:
        What watches it; call its `remove` when the operation ends.
    """
    loop = asyncio.get_running_loop()
    limits = _OF_LOOPS.get(loop)
    if limits is None:
        limits = _OF_LOOPS[loop] = {}
    running = limits.get(seconds)
    if running is None:
        running = limits[seconds] = Running(seconds)
    running.add(loop, operation, give_up)
    return running
