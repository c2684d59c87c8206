"""The scope around the application inside a middleware does what AnyIO's own scope does."""

from __future__ import annotations

import asyncio
import gc
import math
import weakref
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from pronghorn.core.cancel_scopes import class_of_asyncio
from pronghorn.middleware.child_scope import new_child_scope

Case = Callable[[Any, anyio.Event, list[Any]], Awaitable[Any]]


async def nothing(scope: Any, release: anyio.Event, seen: list[Any]) -> str:
    return "done"


async def waiting(scope: Any, release: anyio.Event, seen: list[Any]) -> None:
    try:
        await release.wait()
    except asyncio.CancelledError:
        seen.append("cancelled")
        raise


async def going_on(scope: Any, release: anyio.Event, seen: list[Any]) -> None:
    for number in range(3):
        try:
            await release.wait()
        except asyncio.CancelledError:
            seen.append(number)
    await checkpoint()


async def shielded(scope: Any, release: anyio.Event, seen: list[Any]) -> None:
    with anyio.CancelScope(shield=True):
        await release.wait()
        seen.append("shielded")
    await checkpoint()


async def in_timeout(scope: Any, release: anyio.Event, seen: list[Any]) -> None:
    with anyio.move_on_after(0) as inner:
        await anyio.sleep_forever()
    seen.append(inner.cancelled_caught)
    await release.wait()


async def in_group(scope: Any, release: anyio.Event, seen: list[Any]) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(waiting, scope, anyio.Event(), seen)
        await release.wait()
        group.cancel_scope.cancel()


async def failing(scope: Any, release: anyio.Event, seen: list[Any]) -> None:
    raise LookupError


async def cancelling_itself(scope: Any, release: anyio.Event, seen: list[Any]) -> None:
    scope.cancel()
    seen.append(scope.cancel_called)
    await checkpoint()
    seen.append("never")


async def cancelling_at_its_end(scope: Any, release: anyio.Event, seen: list[Any]) -> None:
    scope.cancel()


async def with_deadline(scope: Any, release: anyio.Event, seen: list[Any]) -> None:
    scope.deadline = anyio.current_time()
    seen.append(anyio.current_effective_deadline() < math.inf)
    await release.wait()


async def with_deadline_kept(scope: Any, release: anyio.Event, seen: list[Any]) -> None:
    scope.deadline = anyio.current_time() + 60


async def in_timeout_of_asyncio(scope: Any, release: anyio.Event, seen: list[Any]) -> None:
    try:
        async with asyncio.timeout(0):
            await anyio.sleep_forever()
    except TimeoutError:
        seen.append("timeout")
    await release.wait()


CASES: tuple[Case, ...] = (
    *(nothing, waiting, going_on, shielded, in_timeout, in_group, failing, cancelling_itself),
    *(cancelling_at_its_end, with_deadline, with_deadline_kept, in_timeout_of_asyncio),
)


async def cancel_never(scope: Any, task: asyncio.Task[Any]) -> None:
    """Let the task go on."""


async def cancel_before(scope: Any, task: asyncio.Task[Any]) -> None:
    scope.cancel()


async def cancel_later(scope: Any, task: asyncio.Task[Any]) -> None:
    await take_turns()
    if not task.done():
        scope.cancel()


async def cancel_task(scope: Any, task: asyncio.Task[Any]) -> None:
    await take_turns()
    task.cancel()


async def cancel_both(scope: Any, task: asyncio.Task[Any]) -> None:
    await cancel_later(scope, task)
    task.cancel()


async def take_turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def outcome(make: Callable[[], Any], case: Case, cancel: Any) -> list[Any]:
    """Return what a case has seen, and how its task and the scope around it have ended."""
    scope, release, seen = make(), anyio.Event(), list[Any]()

    async def work() -> None:
        with scope:
            seen.append(anyio.current_effective_deadline())
            seen.append(await case(scope, release, seen))
        # The task has left the scope: what comes now is not cancelled.
        await checkpoint()
        seen.append("left")

    task = asyncio.get_running_loop().create_task(work())
    await cancel(scope, task)
    await take_turns()
    release.set()
    (ended,) = await asyncio.gather(task, return_exceptions=True)
    attributes = ("_active", "_host_task", "_tasks", "_child_scopes", "_parent_scope", "_shield")
    left = [getattr(scope, name) for name in attributes]
    said = (scope.cancel_called, scope.cancelled_caught)
    return [*seen, type(ended), task.cancelled(), task.cancelling(), *said, left]


@pytest.mark.parametrize(
    "cancel", [cancel_never, cancel_before, cancel_later, cancel_task, cancel_both]
)
@pytest.mark.parametrize("case", CASES)
def test_it_does_as_a_scope_of_anyio(case: Case, cancel: Any) -> None:
    async def compare() -> None:
        own = partial(new_child_scope, asyncio.get_running_loop())
        assert type(own()).__base__ is class_of_asyncio()
        expected = await outcome(class_of_asyncio(), case, cancel)
        assert await outcome(own, case, cancel) == expected

    asyncio.run(compare())


def test_in_a_task_that_is_inside_of_a_scope_already() -> None:
    async def enter(make: Any) -> list[bool]:
        with anyio.move_on_after(0) as outer, make() as inner:
            await anyio.sleep_forever()
        return [outer.cancelled_caught, inner.cancelled_caught]

    async def compare() -> None:
        own = partial(new_child_scope, asyncio.get_running_loop())
        assert await enter(own) == await enter(class_of_asyncio()) == [True, False]

    asyncio.run(compare())


def test_it_keeps_nothing_of_its_task() -> None:
    async def work(scope: Any) -> None:
        with scope:
            await asyncio.sleep(0)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        scope = new_child_scope(loop)
        task = loop.create_task(work(scope))
        await task
        seen = weakref.ref(task), weakref.ref(scope)
        gc.disable()
        try:
            del task, scope
            await asyncio.sleep(0)  # This task was woken by a handle that refers to the other.
            assert [each() for each in seen] == [None, None]
        finally:
            gc.enable()

    asyncio.run(run())
