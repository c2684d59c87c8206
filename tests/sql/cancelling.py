"""Statements that wait as long as a test wants, and ways to cancel their tasks meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from types import coroutine
from typing import Any

import anyio
import psycopg
from sqlalchemy.engine import URL, make_url

from tests.contract.servers import PATIENCE

Work = Callable[[], Awaitable[object]]
LOCK = "SELECT pg_advisory_xact_lock(42)"


class Blocked:
    """A database in which a statement of PostgreSQL, or BEGIN of SQLite, waits for `release`.

    Attributes:
        statement: The statement that waits.
        started: Set it before the statement is sent.
    """

    def __init__(self, statement: str, release: Callable[[], object]) -> None:
        self.statement = statement
        self.started = asyncio.Event()
        self.release = release


@contextmanager
def block(url: str) -> Iterator[Blocked]:
    """Hold the lock that a statement waits for."""
    found = make_url(url)
    if found.get_backend_name() == "sqlite":
        other = sqlite3.connect(str(found.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield Blocked("INSERT INTO notes VALUES (2)", other.rollback)
        other.close()
        return
    with psycopg.connect(plain(found)) as connection:
        connection.execute(LOCK)
        yield Blocked(LOCK, connection.rollback)


Cancel = Callable[[Work, Blocked], Awaitable[None]]


async def interfere(blocked: Blocked, cancel: Callable[[], object]) -> None:
    """Cancel while the statement waits, and only then let it go on."""
    await blocked.started.wait()
    await asyncio.sleep(0.02)
    cancel()
    await asyncio.sleep(0.02)
    blocked.release()


async def cancel_native(work: Work, blocked: Blocked) -> None:
    """Cancel the task once."""
    task = asyncio.ensure_future(work())
    await interfere(blocked, task.cancel)
    await asyncio.wait([task])
    assert task.cancelled()


async def cancel_repeatedly(work: Work, blocked: Blocked) -> None:
    """Cancel the task again and again until it ends."""
    task = asyncio.ensure_future(work())
    other = asyncio.ensure_future(interfere(blocked, task.cancel))
    await blocked.started.wait()
    while not task.done():
        task.cancel()
        await asyncio.sleep(0.002)
    await other
    assert task.cancelled()


async def cancel_by_scope(work: Work, blocked: Blocked) -> None:
    """Cancel by a scope of AnyIO, which repeats it."""
    with anyio.CancelScope() as scope:
        other = asyncio.ensure_future(interfere(blocked, scope.cancel))
        await work()
    assert scope.cancelled_caught
    await other


async def cancel_by_timeout(work: Work, blocked: Blocked) -> None:
    """Cancel by a timeout of asyncio."""
    with suppress(TimeoutError):
        async with asyncio.timeout(None) as limit:
            other = asyncio.ensure_future(interfere(blocked, lambda: limit.reschedule(0)))
            await work()
    assert limit.expired()
    await other


async def cancel_by_group(work: Work, blocked: Blocked) -> None:
    """Cancel by a task group of AnyIO that ends."""
    async with anyio.create_task_group() as group:
        other = asyncio.ensure_future(interfere(blocked, group.cancel_scope.cancel))
        group.start_soon(work)
        await asyncio.sleep(60)
    assert group.cancel_scope.cancelled_caught
    await other


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


#: What connections are called that look at others.
LOOK = "a look of a test"
WAYS: tuple[Cancel, ...] = (
    cancel_native,
    cancel_repeatedly,
    cancel_by_scope,
    cancel_by_timeout,
    cancel_by_group,
)


def plain(url: URL) -> str:
    """Return a URL without a driver, as PostgreSQL's own tools write it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def connections_of(url: str) -> list[tuple[str, str]]:
    """Return the state and the last statement of each connection to a database but those of looks.

    The one of the look before may still be ending.
    """
    address = plain(make_url(url))
    with psycopg.connect(address, autocommit=True, application_name=LOOK) as connection:
        rows = connection.execute(
            "SELECT state, rtrim(query, ';') FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name <> %s",
            (LOOK,),
        )
        return list(rows)


async def wait_for_connections(url: str, *expected: tuple[str, str]) -> None:
    """Wait until the other connections to a database are those; fail if they are not.

    A process of the server ends a moment after its client has closed the connection.
    """
    await _wait_until(lambda: connections_of(url) == list(expected))
    assert connections_of(url) == list(expected)


async def wait_until_idle(url: str, *, most: int) -> None:
    """Wait until the other connections to a database are idle; fail if they are not.

    Args:
        url: The database.
        most: The number of connections that may be left.
    """

    def are_idle() -> bool:
        states = [state for state, _ in connections_of(url)]
        return set(states) == {"idle"} and len(states) <= most

    await _wait_until(are_idle)
    assert are_idle(), connections_of(url)


async def _wait_until(condition: Callable[[], bool]) -> None:
    """Wait until something has happened that nobody announces, or for a long time."""
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
