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
from weakref import ref

from pronghorn.core.overdue import watch
from pronghorn.sql.waiting import Waiting

T = TypeVar("T")
# Marks a cancellation that was held back until the operation had succeeded.
_FINISHED = "_pronghorn_finished"
#: The tasks whose cancellation `postpone_cancellation` has put off, and that have not waited since.
#: A task whose loop ends too early for `_cancel_later` leaves the set with its last reference. It
#: is no `WeakSet`, because this one is asked by each operation, and nobody iterates over it.
_owed: set[ref[asyncio.Task[Any]]] = set()


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
    return await _drive(operation, Waiting(), seconds, give_up)


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
    waiting = Waiting()
    try:
        return await _drive(operation, waiting, seconds, give_up or waiting.interrupt)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if not has_finished(error) or task is None:
            raise
        _owed.add(ref(task, _owed.discard))
        asyncio.get_running_loop().call_soon(_cancel_later, task, task.cancelling(), error.args[:1])
    result: T = waiting.result
    return result


def _cancel_later(task: asyncio.Task[Any], requests: int, message: tuple[Any, ...]) -> None:
    """Cancel a task that waits again, unless the timeout or scope that asked for it has ended."""
    _owed.discard(ref(task))
    if task.cancelling() >= requests and not task.done():
        task.uncancel()
        task.cancel(*message)


def has_finished(error: BaseException) -> bool:
    """Return whether an exception is a cancellation that `finish` raised after a success."""
    return isinstance(error, asyncio.CancelledError) and _FINISHED in vars(error)


@coroutine
def _drive(
    operation: Awaitable[T],
    waiting: Waiting,
    seconds: float | None,
    give_up: Callable[[], object] | None,
) -> Generator[Any, None, T]:
    """Run an operation step by step, so that no cancellation of the task enters it."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("This needs a task of asyncio, and there is none.")
    requests = task.cancelling() - bool(_owed and ref(task) in _owed)
    running = watch(seconds, waiting, give_up) if seconds is not None and give_up else None
    steps: Any = operation.__await__()
    failure: BaseException | None = None
    try:
        while True:
            yield from waiting.wait_for(next(steps))
    except StopIteration as stop:
        waiting.result = stop.value
    except asyncio.CancelledError:
        if not waiting.is_overdue:
            raise
        failure = UnansweredError()
    except Exception as error:  # noqa: BLE001  # Raised again below.
        failure = error
    finally:
        if running is not None:
            running.remove(waiting)
        waiting.end()
        steps.close()
    # The operation's own timeouts cancel the task too, and take that back in the end.
    if waiting.cancellation and task.cancelling() > requests:
        if failure is None:
            vars(waiting.cancellation)[_FINISHED] = True
        raise waiting.cancellation from failure
    if failure is not None:
        raise failure
    result: T = waiting.result
    return result
