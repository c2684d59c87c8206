"""`finish` and `postpone_cancellation` on operations of asyncio, without a database."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Awaitable, Callable, Generator
from contextvars import ContextVar
from typing import Any

import pytest

from pronghorn.sql.uncancelled import (
    UnansweredError,
    finish,
    has_finished,
    postpone_cancellation,
)

pytestmark = pytest.mark.anyio


async def cancel_while(work: Callable[[asyncio.Event], Awaitable[object]]) -> BaseException:
    """Cancel work that waits for an event, set the event, and return what the work raises."""
    event = asyncio.Event()
    raised: list[BaseException] = []

    async def note() -> None:
        try:
            await work(event)
        except BaseException as error:  # noqa: BLE001  # It is what the test is about.
            raised.append(error)

    task = asyncio.ensure_future(note())
    await asyncio.sleep(0)
    task.cancel("mine")
    await asyncio.sleep(0)
    assert not task.done()
    event.set()
    await task
    return raised[0]


async def test_the_cancellation_comes_after_the_operation() -> None:
    ended = []

    async def operation(event: asyncio.Event) -> None:
        await event.wait()
        ended.append(asyncio.current_task())

    raised = await cancel_while(lambda event: finish(operation(event)))
    assert isinstance(raised, asyncio.CancelledError)
    assert raised.args == ("mine",)
    assert has_finished(raised)
    assert len(ended) == 1


async def test_the_error_of_the_operation_is_the_cause() -> None:
    async def operation(event: asyncio.Event) -> None:
        await event.wait()
        raise ZeroDivisionError

    raised = await cancel_while(lambda event: finish(operation(event)))
    assert isinstance(raised, asyncio.CancelledError)
    assert isinstance(raised.__cause__, ZeroDivisionError)
    assert not has_finished(raised)


async def test_without_a_cancellation_nothing_changes() -> None:
    async def operation() -> asyncio.Task[None] | None:
        await asyncio.sleep(0)
        return asyncio.current_task()

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    assert await finish(operation()) is asyncio.current_task()
    with pytest.raises(ZeroDivisionError):
        await finish(fail())
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_result, 3)
    assert await finish(future) == 3


async def test_a_timeout_inside_is_not_a_cancellation() -> None:
    """psycopg and asyncio itself use `asyncio.timeout` for waits that go on."""

    async def operation() -> str:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(0.03)
        return "done"

    assert await finish(operation()) == "done"


async def test_a_call_inside_leaves_it_to_the_outer_one() -> None:
    order = []

    async def operation(event: asyncio.Event) -> None:
        await finish(event.wait())
        order.append("inside")
        await finish(asyncio.sleep(0))
        order.append("after")

    raised = await cancel_while(lambda event: finish(operation(event)))
    assert isinstance(raised, asyncio.CancelledError)
    assert order == ["inside", "after"]


async def test_a_postponed_cancellation_comes_at_the_next_wait() -> None:
    order = []

    async def work(event: asyncio.Event) -> None:
        order.append(await postpone_cancellation(event.wait()))
        order.append("goes on")
        await asyncio.sleep(0)
        order.append("too far")

    raised = await cancel_while(work)
    assert isinstance(raised, asyncio.CancelledError)
    assert order == [True, "goes on"]


async def test_an_operation_that_takes_too_long_is_given_up() -> None:
    event = asyncio.Event()
    assert await finish(event.wait(), 0.01, event.set) is True
    with pytest.raises(UnansweredError):
        await postpone_cancellation(asyncio.Event().wait(), 0.01)


@pytest.mark.parametrize("before", [True, False])
async def test_a_cancellation_in_the_turn_in_which_the_wait_ends(*, before: bool) -> None:
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ended: list[str] = []
    raised: list[BaseException] = []

    async def operation() -> None:
        ended.append(await future)
        await asyncio.sleep(0.001)
        ended.append("goes on")

    async def work() -> None:
        try:
            await finish(operation())
        except asyncio.CancelledError as error:
            raised.append(error)
            raise

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    if before:
        task.cancel("mine")
    future.set_result("there")
    if not before:
        task.cancel("mine")
    await asyncio.wait([task])
    assert task.cancelled()
    assert ended == ["there", "goes on"]
    assert [error.args for error in raised] == [("mine",)]
    assert has_finished(raised[0])


class StrictFuture(asyncio.Future[str]):
    """A future that must be done when its `await` goes on, as those in pure Python must be."""

    def __await__(self) -> Generator[Any, None, str]:
        if not self.done():
            self._asyncio_future_blocking = True
            yield self
        assert self.done()
        return self.result()


async def test_a_second_cancellation_in_the_same_turn() -> None:
    future = StrictFuture()
    ended: list[str] = []

    async def operation() -> None:
        ended.append(await future)

    task = asyncio.ensure_future(finish(operation()))
    await asyncio.sleep(0)
    task.cancel("first")
    task.cancel("second")
    for _ in range(3):
        await asyncio.sleep(0)
    assert not task.done()
    future.set_result("there")
    await asyncio.wait([task])
    assert task.cancelled()
    assert ended == ["there"]


async def test_a_task_that_cancels_itself_ends_its_operation_first() -> None:
    ended: list[int] = []

    async def operation() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0.001)
        ended.append(1)

    task = asyncio.ensure_future(finish(operation()))
    await asyncio.wait([task])
    assert task.cancelled()
    assert ended == [1]


async def test_an_error_of_a_future_enters_the_operation() -> None:
    loop = asyncio.get_running_loop()
    caught: list[BaseException] = []

    async def operation() -> str:
        for end in ("set_exception", "cancel"):
            future: asyncio.Future[None] = loop.create_future()
            loop.call_soon(getattr(future, end), *([ZeroDivisionError()] if "set" in end else []))
            try:
                await future
            except BaseException as error:  # noqa: BLE001  # It is what the test is about.
                caught.append(error)
        return "done"

    assert await finish(operation()) == "done"
    assert [type(error) for error in caught] == [ZeroDivisionError, asyncio.CancelledError]


async def test_an_operation_that_is_thrown_away_is_closed() -> None:
    closed: list[int] = []

    async def operation() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            closed.append(1)

    steps = finish(operation()).__await__()
    next(steps)
    steps.close()
    assert closed == [1]


async def test_operations_with_the_same_time_are_given_up_in_turn() -> None:
    given_up: list[str] = []

    async def run(name: str) -> None:
        event = asyncio.Event()

        def give_up() -> None:
            given_up.append(name)
            event.set()

        if name == "short":
            asyncio.get_running_loop().call_later(0.01, event.set)
        await finish(event.wait(), 0.05, give_up)

    async with asyncio.TaskGroup() as group:
        for name in ("one", "short", "two"):
            group.create_task(run(name))
            await asyncio.sleep(0.02)
    await run("three")
    assert given_up == ["one", "two", "three"]


async def test_the_timer_keeps_no_context_variables() -> None:
    class Kept:
        """Something that a request keeps in a context variable."""

    variable: ContextVar[Kept] = ContextVar("variable")
    kept: list[weakref.ref[Kept]] = []

    async def run() -> None:
        value = Kept()
        kept.append(weakref.ref(value))
        variable.set(value)
        await finish(asyncio.sleep(0.001), 61.0, lambda: None)

    await asyncio.ensure_future(run())
    await asyncio.sleep(0)
    gc.collect()
    assert kept[0]() is None


def test_each_event_loop_has_its_own_times() -> None:
    async def run() -> bool:
        event = asyncio.Event()
        return await finish(event.wait(), 0.01, event.set)

    async def begin() -> None:
        asyncio.ensure_future(run())  # noqa: RUF006  # The event loop ends before it.
        await asyncio.sleep(0)

    for _ in range(2):
        asyncio.run(begin())
        assert asyncio.run(run()) is True


class _Patient:
    """Waits for a future once, and does not wait again if it is woken up too early."""

    def __init__(self, future: asyncio.Future[str]) -> None:
        self.future = future

    def __await__(self) -> Generator[object, None, str]:
        self.future._asyncio_future_blocking = True
        yield self.future
        assert self.future.done()
        return self.future.result()


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_several_cancellations_at_once_do_not_end_the_wait(times: int) -> None:
    future = asyncio.get_running_loop().create_future()
    raised: list[BaseException] = []

    async def work() -> None:
        try:
            await finish(_Patient(future))
        except BaseException as error:  # noqa: BLE001  # It is what the test is about.
            raised.append(error)

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    for _ in range(times):
        task.cancel()
    await asyncio.sleep(0.01)
    assert not task.done()
    future.set_result("done")
    await task
    assert [type(error) for error in raised] == [asyncio.CancelledError]
    assert has_finished(raised[0])


async def test_a_time_that_is_over_while_nothing_can_be_cancelled_counts_later() -> None:
    """One wait is just over, and the next one would last for ever."""
    loop = asyncio.get_running_loop()
    first, second = loop.create_future(), loop.create_future()
    seconds = 0.01

    async def operation() -> None:
        await first
        await second

    loop.call_later(seconds / 2, time.sleep, seconds)  # Both times are over in the same turn.
    loop.call_later(seconds * 0.75, first.set_result, None)
    task = asyncio.ensure_future(postpone_cancellation(operation(), seconds))
    await asyncio.wait([task], timeout=2)
    if not second.done():
        second.set_result(None)
    with pytest.raises(UnansweredError):
        await task


def test_a_task_whose_loop_ends_too_early_is_forgotten() -> None:
    loop = asyncio.new_event_loop()
    event = asyncio.Event()
    postponed: list[bool] = []

    async def commit() -> None:
        await postpone_cancellation(event.wait())
        postponed.append(True)
        loop.stop()  # At the end of this turn: the loop does not come to the second cancellation.

    async def cancel(task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.sleep(0)
        event.set()

    task = loop.create_task(commit())
    other = loop.create_task(cancel(task))
    loop.run_forever()
    loop.close()
    assert postponed == [True]
    kept = weakref.ref(task)
    del task, other
    gc.collect()
    assert kept() is None
