"""Call functions in worker threads whose halves belong together, whoever cancels the caller.

A generator that has begun in a thread has to end, and its exit code has to run once. But
`Task.cancel` ends the waiting for a thread at once, and a call that has not begun yet is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")
#: Calls a function in a worker thread.
Hop = Callable[[Callable[[], Any]], Awaitable[Any]]


class Call(Generic[T]):
    """A call of a function that can be taken back until it begins.

    Args:
        function: The function.

    Attributes:
        error: What the function has raised.
        is_done: True once it has ended.
    """

    __slots__ = ("_function", "_turn", "_waiter", "error", "is_done")

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        #: Whoever takes the one element decides: the thread begins, or the task takes it back.
        self._turn = [True]
        self._waiter: asyncio.Future[None] | None = None
        self.error: BaseException | None = None
        self.is_done = False

    def __call__(self) -> T:
        """Call the function, in the thread; do nothing if the call was taken back."""
        if not self.take_back():
            return None  # type: ignore[return-value]  # nobody waits for it
        try:
            return self._function()
        except BaseException as error:
            self.error = error
            raise
        finally:
            self.is_done = True
            waiter = self._waiter
            if waiter is not None:
                waiter.get_loop().call_soon_threadsafe(_wake, waiter)

    def take_back(self) -> bool:
        """Return True if the call had not begun; then it never does."""
        try:
            return self._turn.pop()
        except IndexError:
            return False

    async def wait(self) -> None:
        """Wait until the function has ended."""
        self._waiter = asyncio.get_running_loop().create_future()
        if not self.is_done:  # The thread looks for the waiter after it has set this.
            await self._waiter


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def enter_whole(hop: Hop, enter: Callable[[], T], leave: Callable[..., Any]) -> T:
    """Call the first half, and the second one too if the caller is cancelled meanwhile.

    Args:
        hop: Calls a function in a worker thread.
        enter: The first half. It is not called if the caller is cancelled before it begins.
        leave: The second half, which takes class, value and traceback of the cancellation.
    """
    call = Call(enter)
    try:
        result: T = await hop(call)
        return result
    except asyncio.CancelledError as error:
        if not call.take_back():
            await _wait_out(call)
            if call.error is None:
                await leave(type(error), error, error.__traceback__)
        raise


async def _wait_out(call: Call[Any]) -> None:
    while not call.is_done:
        try:
            await call.wait()
        except asyncio.CancelledError:
            continue  # The caller raises the first one.


async def leave_whole(hop: Hop, leave: Callable[[], T]) -> T:
    """Call the second half, and wait for its end whoever cancels the caller.

    Args:
        hop: Calls a function in a worker thread.
        leave: The second half.
    """
    call = Call(leave)
    try:
        result: T = await hop(call)
        return result
    except asyncio.CancelledError:
        if call.is_done:
            raise
        await _finish(hop, call, leave)
        raise


async def _finish(hop: Hop, call: Call[Any], leave: Callable[[], Any]) -> None:
    """Wait until a call has ended, which begins anew if it had not begun.

    Raises:
        BaseException: What the function has raised.
    """
    while not call.is_done:
        try:
            if call.take_back():
                call = Call(leave)
                await hop(call)
            else:
                await call.wait()
        except asyncio.CancelledError:
            continue
    if call.error is not None:
        raise call.error
