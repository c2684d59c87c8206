"""A cancelled task: its statement ends, its connection is back and clean, then it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import anyio
import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import QueuePool

from pronghorn.sql.connect import Engines, close_engines, create_engines
from pronghorn.sql.uncancelled import finish, postpone_cancellation
from tests.sql.cancelling import (
    WAYS,
    Cancel,
    Work,
    act_at_step,
    block,
    cancel_repeatedly,
    wait_for_connections,
    wait_until_idle,
)

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Engines]:
    engines = create_engines(url, pool_size=3)
    async with engines.write.begin() as connection:
        await connection.execute(text("CREATE TABLE notes (id INTEGER PRIMARY KEY)"))
    yield engines
    await close_engines(engines, seconds=0)


def pool_of(engines: Engines) -> QueuePool:
    pool = engines.write.pool
    assert isinstance(pool, QueuePool)
    return pool


async def wait_for_return(engines: Engines) -> None:
    """Wait for the connections: `AsyncSession` closes in a task of its own, which goes on."""
    for _ in range(200):
        if pool_of(engines).checkedout() == 0:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("A connection is not back.")


@pytest.mark.parametrize("cancel", WAYS)
async def test_the_statement_ends_and_the_connection_stays(
    database_url: str, cancel: Cancel
) -> None:
    async with opened(database_url) as engines:
        name = engines.write.dialect.name
        closed: list[object] = []
        event.listen(engines.write.sync_engine, "close", lambda *_: closed.append(1))
        ended = []

        async def work() -> None:
            async with AsyncSession(engines.write) as session:
                if name == "postgresql":
                    await session.execute(text("INSERT INTO notes VALUES (1)"))
                blocked.started.set()
                try:
                    await session.execute(text(blocked.statement))
                finally:
                    ended.append(1)
            raise AssertionError("It goes on after the cancellation.")

        with block(database_url) as blocked:
            await cancel(work, blocked)
        await wait_for_return(engines)
        assert ended == [1]
        assert closed == []
        if name == "postgresql":
            await wait_for_connections(database_url, ("idle", "ROLLBACK"))
        async with AsyncSession(engines.write) as session:
            assert await session.scalar(text("SELECT count(*) FROM notes")) == 0


async def test_a_cancellation_at_every_step_leaves_nothing(database_url: str) -> None:
    """Cancel at the first wait, at the second, and so on, also while a connection is opened."""
    async with opened(database_url) as engines:
        number = 1
        while await was_cancelled_at(number, engines):
            number += 1
        assert number > 4
        await wait_for_return(engines)
        if engines.write.dialect.name == "postgresql":
            await wait_until_idle(database_url, most=3)
        async with AsyncSession(engines.write) as session:
            numbers = await session.scalars(text("SELECT id FROM notes ORDER BY id"))
            assert number in numbers.all()


async def was_cancelled_at(number: int, engines: Engines) -> bool:
    """Add a note, be cancelled at a step, and return whether the work had this step."""

    async def work() -> None:
        async with AsyncSession(engines.write) as session:
            await session.execute(text("INSERT INTO notes VALUES (:id)"), {"id": number})
            await session.execute(text("SELECT count(*) FROM notes"))
            await session.commit()

    if number % 2:
        await engines.write.dispose()  # So half of them open a connection.
    task = asyncio.ensure_future(run(work, number))
    tasks.append(task)
    try:
        return await task
    except asyncio.CancelledError:
        return True


tasks: list[asyncio.Future[bool]] = []


async def run(work: Work, number: int) -> bool:
    return await act_at_step(work(), number, tasks[-1].cancel)


@pytest.mark.parametrize("cancel", WAYS)
async def test_a_commit_in_flight_ends(postgresql_url: str, cancel: Cancel) -> None:
    async with opened(postgresql_url) as engines:
        async with engines.write.begin() as connection:
            await connection.run_sync(make_commits_wait)

        async def work() -> None:
            async with AsyncSession(engines.write) as session:
                await session.execute(text("INSERT INTO notes VALUES (1)"))
                blocked.started.set()
                await session.commit()
            raise AssertionError("It goes on after the cancellation.")

        with block(postgresql_url) as blocked:
            await cancel(work, blocked)
        await wait_for_return(engines)
        await wait_until_idle(postgresql_url, most=3)
        async with AsyncSession(engines.read) as session:
            assert await session.scalar(text("SELECT count(*) FROM notes")) == 1


def make_commits_wait(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END $$"
    )
    connection.exec_driver_sql(
        "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION wait()"
    )


@pytest.mark.parametrize("cancel", WAYS)
async def test_a_fetch_of_a_stream_ends(postgresql_url: str, cancel: Cancel) -> None:
    async with opened(postgresql_url) as engines:
        closed: list[object] = []
        event.listen(engines.read.sync_engine, "close", lambda *_: closed.append(1))
        rows = (
            "SELECT i, CASE WHEN i = 150 THEN pg_advisory_xact_lock(42)::text END"
            " FROM generate_series(1, 200) i"
        )
        seen = []

        async def work() -> None:
            async with AsyncSession(engines.read) as session:
                result = await session.stream(text(rows), execution_options={"max_row_buffer": 20})
                async for row in result.scalars():
                    blocked.started.set()
                    seen.append(row)  # It does not end.

        with block(postgresql_url) as blocked:
            await cancel(work, blocked)
        await wait_for_return(engines)
        assert 0 < len(seen) < 200
        assert closed == []
        await wait_for_connections(postgresql_url, ("idle", "ROLLBACK"))


async def test_a_connection_without_a_session_is_protected_too(postgresql_url: str) -> None:
    async with opened(postgresql_url) as engines:

        async def work() -> None:
            async with engines.write.connect() as connection:
                blocked.started.set()
                await connection.execute(text(blocked.statement))

        with block(postgresql_url) as blocked:
            await cancel_repeatedly(work, blocked)
        await wait_for_return(engines)
        await wait_for_connections(postgresql_url, ("idle", "ROLLBACK"))


async def test_a_shutdown_waits_for_statements(database_url: str) -> None:
    async with opened(database_url) as engines:

        async def work() -> int | None:
            async with AsyncSession(engines.write) as session:
                await session.execute(text(blocked.statement))
                return await session.scalar(text("SELECT 3"))

        with block(database_url) as blocked:
            running = asyncio.ensure_future(work())
            pool: Any = engines.write.pool
            while not pool.checkedout():  # noqa: ASYNC110 - a pool has no event for it
                await asyncio.sleep(0.001)
            closing = asyncio.ensure_future(close_engines(engines))
            await asyncio.sleep(0.02)
            blocked.release()
            await closing
        assert await running == 3
        if engines.read.dialect.name == "postgresql":
            await wait_for_connections(database_url)


async def test_a_connection_in_use_is_closed_after_the_shutdown(postgresql_url: str) -> None:
    async with opened(postgresql_url) as engines:
        async with AsyncSession(engines.write) as session:
            await session.execute(text("SELECT 1"))
            await close_engines(engines, seconds=0.1)
            assert await session.scalar(text("SELECT 2")) == 2
        await wait_for_connections(postgresql_url)


async def test_a_statement_runs_in_its_task_and_context(database_url: str) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")
    seen: list[object] = []

    def note(*_: object) -> None:
        seen.append((asyncio.current_task(), variable.get()))
        variable.set("by the statement")

    async with opened(database_url) as engines:
        event.listen(engines.read.sync_engine, "before_cursor_execute", note)
        variable.set("by the endpoint")
        async with AsyncSession(engines.read) as session:
            await session.execute(text("SELECT 1"))
        assert seen == [(asyncio.current_task(), "by the endpoint")]
        assert variable.get() == "by the statement"


async def test_a_cancellation_during_a_commit_is_not_lost_in_the_next_statement(
    database_url: str,
) -> None:
    async with opened(database_url) as engines:
        went_on = []

        async def work() -> None:
            task = asyncio.current_task()
            assert task is not None
            async with AsyncSession(engines.write) as session:
                loop = asyncio.get_running_loop()
                event.listen(
                    engines.write.sync_engine, "commit", lambda _: loop.call_soon(task.cancel)
                )
                await session.execute(text("INSERT INTO notes VALUES (1)"))
                await session.commit()
                await session.execute(text("SELECT 1"))
                went_on.append(1)

        with pytest.raises(asyncio.CancelledError):
            await asyncio.ensure_future(work())
        assert went_on == []
        assert pool_of(engines).checkedout() == 0


async def test_a_timeout_during_a_postponed_operation_is_a_timeout() -> None:
    async def work() -> None:
        async with asyncio.timeout(0.01):
            await postpone_cancellation(asyncio.sleep(0.05))
            await finish(asyncio.sleep(0.001))

    with pytest.raises(TimeoutError):
        await work()


async def test_a_cancellation_does_not_outlive_its_timeout() -> None:
    async with asyncio.timeout(0.01):
        await postpone_cancellation(asyncio.sleep(0.05))
    await asyncio.sleep(0.01)
    with anyio.move_on_after(0.01):
        await postpone_cancellation(asyncio.sleep(0.05))
    await asyncio.sleep(0.01)
    await finish(asyncio.sleep(0.01))


async def test_a_timeout_inside_an_operation_is_its_own_after_a_postponed_one() -> None:
    async def operation() -> str:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(0.01)
        return "done"

    async def work() -> None:
        await postpone_cancellation(asyncio.sleep(0.05))
        assert await finish(operation()) == "done"

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await finish(operation()) == "done"
