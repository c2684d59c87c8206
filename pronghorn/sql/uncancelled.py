"""Operations of a driver that a cancellation does not interrupt.

A driver that is interrupted while the server works on its statement has to cancel the statement on
the server as well, over another connection, and wait for the effect. Drivers do this late, or not
at all, and leave connections with transactions that nobody ends. Here the operation ends first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from types import coroutine
from typing import Any, TypeVar
from weakref import WeakSet

from anyio import CancelScope

T = TypeVar("T")
# Marks a cancellation that was held back until the operation had succeeded.
_FINISHED = "_pronghorn_finished"
#: The tasks whose cancellation `postpone_cancellation` has put off, and that have not waited since.
_owed: WeakSet[asyncio.Task[Any]] = WeakSet()


class UnansweredError(Exception):
    """An operation has taken longer than `postpone_cancellation` allows."""


async def finish(
    operation: Awaitable[T],
    seconds: float | None = None,
    give_up: Callable[[], object] | None = None,
) -> T:
    """Await an operation to its end, even if the task is cancelled meanwhile.

    The operation runs in the same task and with the same context variables as with `await`. A
    cancellation of the task, by asyncio or by a scope of AnyIO, is held back and raised when the
    operation has ended. Then its result is lost, and its exception is the cause of the
    cancellation. A call inside of another one leaves this to the outer one.

    Timeouts that the operation itself sets with `asyncio.timeout` have no effect on it.

    Args:
        operation: A coroutine or another awaitable of asyncio.
        seconds: The time after which `give_up` is called, None for never.
        give_up: Makes an operation that takes too long fail, for instance by closing its
            connection.

    Returns:
        The result of the operation.
    """
    if seconds is None or give_up is None:
        return await _drive(operation, _Waiting())
    timer = asyncio.get_running_loop().call_later(seconds, give_up)
    try:
        return await _drive(operation, _Waiting())
    finally:
        timer.cancel()


async def postpone_cancellation(
    operation: Awaitable[T],
    seconds: float | None = None,
    give_up: Callable[[], object] | None = None,
) -> T:
    """Await an operation to its end, and let a cancellation that came meanwhile come once more.

    The result is not lost: the cancellation is raised where the task waits for the next time. It is
    for operations after which a program has to go on, such as COMMIT.

    Args:
        operation: A coroutine or another awaitable of asyncio.
        seconds: Its time, None for no limit.
        give_up: Is called when the time is over; None to cancel the operation, which has to clean
            up after itself.

    Returns:
        The result of the operation.

    Raises:
        UnansweredError: The time was over, and there is no `give_up`.
    """
    waiting = _Waiting()
    result: list[T] = []

    async def note() -> None:
        result.append(await operation)

    timer = asyncio.get_running_loop().call_later(seconds or 0, give_up or waiting.interrupt)
    if seconds is None:
        timer.cancel()
    try:
        await _drive(note(), waiting)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if not has_finished(error) or task is None:
            raise
        _owed.add(task)
        asyncio.get_running_loop().call_soon(_cancel_later, task, task.cancelling(), error.args[:1])
    finally:
        timer.cancel()
    return result[0]


def _cancel_later(task: asyncio.Task[Any], requests: int, message: tuple[Any, ...]) -> None:
    """Cancel a task that waits again, unless the timeout or scope that asked for it has ended."""
    _owed.discard(task)
    if task.cancelling() >= requests and not task.done():
        task.uncancel()
        task.cancel(*message)


def has_finished(error: BaseException) -> bool:
    """Return whether an exception is a cancellation that `finish` raised after a success."""
    return isinstance(error, asyncio.CancelledError) and _FINISHED in vars(error)


@coroutine
def _drive(operation: Awaitable[T], waiting: _Waiting) -> Generator[Any, None, T]:
    """Run an operation step by step, and wait for each of its futures by a future of our own."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("This needs a task of asyncio, and there is none.")
    requests = task.cancelling() - (task in _owed)
    steps: Any = operation.__await__()
    failure: BaseException | None = None
    try:
        while True:
            yield from waiting.wait_for(next(steps))
    except StopIteration as stop:
        result: T = stop.value
    except asyncio.CancelledError:
        if not waiting.is_overdue:
            raise
        failure = UnansweredError()
    except Exception as error:  # noqa: BLE001  # Raised again below.
        failure = error
    finally:
        waiting.end()
        steps.close()
    # The operation's own timeouts cancel the task too, and take that back in the end.
    if waiting.cancellation and task.cancelling() > requests:
        if failure is None:
            vars(waiting.cancellation)[_FINISHED] = True
        raise waiting.cancellation from failure
    if failure is not None:
        raise failure
    return result


class _Waiting:
    """The waits of an operation, with the cancellation that came during them.

    Attributes:
        cancellation: What to raise after the operation.
        is_overdue: Whether its time is over.
    """

    def __init__(self) -> None:
        self.cancellation: asyncio.CancelledError | None = None
        self.is_overdue = False
        self._is_done = False
        self._future: asyncio.Future[Any] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._shield: CancelScope | None = None

    def wait_for(self, future: Any) -> Generator[Any, None, None]:
        """Wait until a future that the operation awaits is done, or for one turn if it is None."""
        if future is None:
            try:
                yield
            except asyncio.CancelledError as error:
                self._hold_back(error)
            return
        future._asyncio_future_blocking = False  # See `asyncio.isfuture`.
        self._is_done = False
        # `future.done()` may be true before other callbacks of the future have run, which have to
        # run before the operation goes on.
        future.add_done_callback(self._note_done)
        self._future = future
        while not self._is_done:
            self._waiter = future.get_loop().create_future()
            try:
                yield from self._waiter
            except asyncio.CancelledError as error:
                self._hold_back(error)

    def _note_done(self, _: object) -> None:
        self._is_done = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _hold_back(self, error: asyncio.CancelledError) -> None:
        """Keep a cancellation for later.

        A scope of AnyIO repeats its cancellation in each turn of the event loop, and after the
        operation again, so one of asyncio, which is not repeated, takes its place.
        """
        self.cancellation = error
        if self._shield is None:
            self._shield = CancelScope(shield=True)
            self._shield.__enter__()

    def interrupt(self) -> None:
        """Cancel what the operation waits for, as a cancellation of its task would."""
        self.is_overdue = True
        if self._future is not None:
            self._future.cancel()

    def end(self) -> None:
        """Let cancellations through again."""
        if self._shield is not None:
            self._shield.__exit__(None, None, None)
            self._shield = None
