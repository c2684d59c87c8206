"""Work that is begun at once behaves as if it had been a task from the beginning."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import anyio
import pytest

from pronghorn.adapters.first_step import FirstSteps

Work = Callable[[list[Any]], Coroutine[Any, Any, None]]
request_name: ContextVar[str] = ContextVar("request_name", default="none")


def seen_by(*works: Work, during: Callable[[Any], None] = lambda task: None) -> list[Any]:
    """Start each work from a callback of the loop; return what they noted, all together.

    - `during`: gets the task that goes on with a work, right after its first step.
    """
    seen: list[Any] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        steps = FirstSteps(loop)
        tasks: list[Any] = []

        def begin() -> None:
            for work in works:
                task = steps.start(work(seen))
                tasks.append(task)
                during(task)

        loop.call_soon(begin)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.gather(*[task for task in tasks if task is not None], return_exceptions=True)
        seen.append([task is None for task in tasks])

    asyncio.run(main())
    return seen


def test_work_that_never_waits_leaves_no_task() -> None:
    async def work(seen: list[Any]) -> None:
        seen.append(asyncio.current_task() is not None)

    assert seen_by(work, work) == [True, True, [True, True]]


def test_work_that_waits_goes_on_in_the_same_task() -> None:
    async def work(seen: list[Any]) -> None:
        first = asyncio.current_task()
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        seen.append(asyncio.current_task() is first)

    assert seen_by(work, work) == [True, True, [False, False]]


def test_context_variables_belong_to_one_work() -> None:
    async def sets(seen: list[Any]) -> None:
        request_name.set("first")
        await asyncio.sleep(0)
        seen.append(request_name.get())

    async def reads(seen: list[Any]) -> None:
        seen.append(request_name.get())

    assert set(seen_by(sets, reads)[:2]) == {"none", "first"}


def test_time_limit_that_begins_in_the_first_step() -> None:
    async def work(seen: list[Any]) -> None:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(60)
        except TimeoutError:
            seen.append("too late")

    assert seen_by(work) == ["too late", [False]]


def test_cancel_scopes_and_task_groups_that_begin_in_the_first_step() -> None:
    async def work(seen: list[Any]) -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await anyio.sleep(60)
        seen.append(scope.cancelled_caught)
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0)
        with anyio.move_on_after(0.01) as scope:
            await anyio.to_thread.run_sync(lambda: None)
            await anyio.sleep(60)
        seen.append(scope.cancelled_caught)

    assert seen_by(work, work) == [True, True, True, True, [False, False]]


@pytest.mark.parametrize("wait", [lambda: asyncio.sleep(60), lambda: asyncio.sleep(0)])
def test_cancelled_right_after_the_first_step(wait: Callable[[], Any]) -> None:
    async def work(seen: list[Any]) -> None:
        try:
            await wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    assert seen_by(work, during=lambda task: task.cancel()) == ["cancelled", [False]]


def test_cancelled_in_the_turn_in_which_others_began_to_wait() -> None:
    async def work(seen: list[Any]) -> None:
        seen.append("begun")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    seen = seen_by(work, work, work, during=lambda task: task.cancel())
    assert seen.count("cancelled") == seen.count("begun")


def test_begins_at_once_again_after_all_tasks_were_cancelled() -> None:
    async def work() -> None:
        """Waits for nothing."""

    async def main() -> list[bool]:
        loop = asyncio.get_running_loop()
        steps = FirstSteps(loop)
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        started: list[Any] = []
        for _ in range(3):
            await asyncio.sleep(0)
            loop.call_soon(lambda: started.append(steps.start(work())))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return [task is None for task in started]

    assert asyncio.run(main())[-1]


def test_exceptions_of_what_it_waits_for() -> None:
    async def work(seen: list[Any]) -> None:
        failing = asyncio.get_running_loop().create_future()
        failing.set_exception(KeyError("x"))
        await asyncio.sleep(0)
        try:
            await failing
        except KeyError:
            seen.append("caught")

    assert seen_by(work) == ["caught", [False]]


def test_from_inside_of_a_task() -> None:
    seen: list[Any] = []

    async def work() -> None:
        seen.append(asyncio.current_task())

    async def main() -> None:
        task = FirstSteps(asyncio.get_running_loop()).start(work())
        if task is not None:
            await task
        assert seen
        assert seen[0] is not asyncio.current_task()

    asyncio.run(main())
