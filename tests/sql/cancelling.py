"""Ways in which a task is cancelled, and what PostgreSQL says of its connections afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from types import coroutine
from typing import Any

import anyio
import psycopg
from sqlalchemy.engine import make_url

Work = Callable[[], Awaitable[object]]
Cancel = Callable[[Work, float], Awaitable[None]]


async def cancel_native(work: Work, seconds: float) -> None:
    """Cancel the task once."""
    task = asyncio.ensure_future(work())
    await asyncio.sleep(seconds)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
        raise AssertionError("The cancellation is lost.")


async def cancel_repeatedly(work: Work, seconds: float) -> None:
    """Cancel the task again and again until it ends."""
    task = asyncio.ensure_future(work())
    await asyncio.sleep(seconds)
    while not task.done():
        task.cancel()
        await asyncio.sleep(0.005)
    assert task.cancelled()


async def cancel_by_scope(work: Work, seconds: float) -> None:
    """Cancel by a scope of AnyIO, which repeats it."""
    with anyio.move_on_after(seconds) as scope:
        await work()
    assert scope.cancelled_caught


async def cancel_by_timeout(work: Work, seconds: float) -> None:
    """Cancel by a timeout of asyncio."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work()
        raise AssertionError("The timeout is lost.")


async def cancel_by_group(work: Work, seconds: float) -> None:
    """Cancel by a task group of AnyIO, in which a neighbour fails."""

    async def fail() -> None:
        await asyncio.sleep(seconds)
        raise KeyError

    with suppress(BaseExceptionGroup):
        async with anyio.create_task_group() as group:
            group.start_soon(work)
            group.start_soon(fail)
        raise AssertionError("The failure is lost.")


@coroutine
def act_at_step(
    operation: Awaitable[Any], number: int, act: Callable[[], object]
) -> Generator[Any, None, bool]:
    """Run an operation, and call a function while it waits for the nth time.

    Returns:
        Whether it has waited so often.
    """
    steps: Any = operation.__await__()
    error: BaseException | None = None
    passed = 0
    while True:
        try:
            future = steps.throw(error) if error else next(steps)
        except StopIteration:
            return passed >= number
        passed += 1
        if passed == number:
            asyncio.get_running_loop().call_soon(act)
        try:
            yield future
            error = None
        except BaseException as raised:  # noqa: BLE001  # It goes into the operation.
            error = raised


WAYS: tuple[Cancel, ...] = (
    cancel_native,
    cancel_repeatedly,
    cancel_by_scope,
    cancel_by_timeout,
    cancel_by_group,
)


def connections_of(url: str) -> list[tuple[str, str]]:
    """Return the state and the last statement of each other connection to a database."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT state, rtrim(query, ';') FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return list(rows)
