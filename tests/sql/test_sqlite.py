"""SQLite: real transactions, one writer that others wait for, and databases without a file."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.sql import Database
from pronghorn.sql.connect import Engines, close_engines, create_engines

pytestmark = pytest.mark.anyio

PROCESSES = 8
# `make campaign-sql` takes longer.
SECONDS = float(os.environ.get("PRONGHORN_SQL_SECONDS", "2"))


@pytest.fixture(params=["file", "memory"])
async def engines(
    request: pytest.FixtureRequest, sqlite_url: str, anyio_backend: str
) -> AsyncIterator[Engines]:
    """An empty database, in a file and without one."""
    engines = create_engines(sqlite_url if request.param == "file" else "sqlite://")
    yield engines
    await close_engines(engines)


async def pragma(engines: Engines, name: str) -> list[object]:
    values = []
    for engine in engines:
        async with AsyncSession(engine) as session:
            values.append(await session.scalar(text(f"PRAGMA {name}")))
    return values


async def test_the_settings_of_each_connection(engines: Engines) -> None:
    assert await pragma(engines, "journal_mode") == ["wal", "wal"]
    assert await pragma(engines, "foreign_keys") == [1, 1]
    assert await pragma(engines, "busy_timeout") == [10000, 10000]
    assert await pragma(engines, "query_only") == [0, 1]


async def test_a_change_of_the_schema_is_rolled_back(engines: Engines) -> None:
    with pytest.raises(ZeroDivisionError):
        await fail_after(engines, "CREATE TABLE notes (id INTEGER)")
    async with AsyncSession(engines.read) as session:
        assert await session.scalar(text("SELECT count(*) FROM sqlite_master")) == 0


async def fail_after(engines: Engines, statement: str) -> None:
    async with engines.write.begin() as connection:
        await connection.execute(text(statement))
        raise ZeroDivisionError


async def test_a_reader_sees_one_state_and_does_not_wait(engines: Engines) -> None:
    async with engines.write.begin() as connection:
        await connection.execute(text("CREATE TABLE notes (id INTEGER)"))
    count = text("SELECT count(*) FROM notes")
    async with AsyncSession(engines.read) as reader, AsyncSession(engines.write) as writer:
        assert await reader.scalar(count) == 0
        await writer.execute(text("INSERT INTO notes VALUES (1)"))
        assert await reader.scalar(count) == 0
        await writer.commit()
        assert await reader.scalar(count) == 0
        await reader.rollback()
        assert await reader.scalar(count) == 1


async def test_a_reader_cannot_write(engines: Engines) -> None:
    async with AsyncSession(engines.read) as session:
        with pytest.raises(DBAPIError, match="attempt to write a readonly database"):
            await session.execute(text("CREATE TABLE notes (id INTEGER)"))


async def test_writers_of_one_process_take_turns(engines: Engines) -> None:
    await prepare_counter(engines)
    await asyncio.gather(*(increase(engines, pause=0.001) for _ in range(20)))
    async with AsyncSession(engines.read) as session:
        assert await session.scalar(text("SELECT value FROM counter")) == 20


async def test_a_deferred_foreign_key_fails_the_commit(engines: Engines) -> None:
    async with engines.write.begin() as connection:
        await connection.execute(text("CREATE TABLE authors (id INTEGER PRIMARY KEY)"))
        await connection.execute(
            text(
                "CREATE TABLE notes (author INTEGER REFERENCES authors"
                " DEFERRABLE INITIALLY DEFERRED)"
            )
        )
    async with AsyncSession(engines.write) as session:
        await session.execute(text("INSERT INTO notes VALUES (7)"))
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            await session.commit()
        await session.rollback()
        await session.execute(text("INSERT INTO authors VALUES (7)"))
        await session.commit()
    async with AsyncSession(engines.read) as session:
        assert await session.scalar(text("SELECT count(*) FROM notes")) == 0


async def test_statements_outside_of_transactions(engines: Engines) -> None:
    engine = engines.write.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text("VACUUM"))
    with pytest.raises(ZeroDivisionError):
        await fail_after(engines, "CREATE TABLE notes (id INTEGER)")
    async with AsyncSession(engines.read) as session:
        assert await session.scalar(text("SELECT count(*) FROM sqlite_master")) == 0


async def test_a_database_without_a_file_is_one_for_all_its_sessions() -> None:
    one, two = Database("sqlite://"), Database("sqlite:///:memory:")
    async with one.lifespan(), one.transaction() as session:
        await session.execute(text("CREATE TABLE notes (id INTEGER)"))
    for database, tables in ((one, 1), (two, 0)):
        async with database.transaction(read_only=True) as session:
            assert await session.scalar(text("SELECT count(*) FROM sqlite_master")) == tables
        await database.dispose()


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    engines = create_engines(f"sqlite:///{tmp_path}/absent/shop.db")
    with pytest.raises(DBAPIError, match=f"there is no folder {tmp_path}/absent"):
        await pragma(engines, "journal_mode")
    # A thread that ends later would complain if the event loop has ended before.
    assert set(threading.enumerate()) <= before


async def test_a_file_that_is_no_database_leaves_no_thread(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is not a database." * 100)
    engines = create_engines(f"sqlite:///{tmp_path}/text.db")
    before = set(threading.enumerate())
    for _ in range(20):
        with pytest.raises(DBAPIError, match="file is not a database"):
            await pragma(engines, "journal_mode")
        assert set(threading.enumerate()) <= before


async def test_a_connection_thrown_away_by_a_cancelled_task_leaves_no_task(tmp_path: Path) -> None:
    engines = create_engines(f"sqlite:///{tmp_path}/shop.db")
    loop = asyncio.get_running_loop()
    before = asyncio.all_tasks(), set(threading.enumerate())

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        async with engines.write.connect() as connection:
            await connection.execute(text("SELECT 1"))
            loop.call_soon(loop.call_soon, task.cancel)
            await connection.invalidate()
            await asyncio.sleep(1)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.ensure_future(work())
    await asyncio.sleep(0.01)
    assert (asyncio.all_tasks(), set(threading.enumerate())) == before


async def prepare_counter(engines: Engines) -> None:
    async with engines.write.begin() as connection:
        await connection.execute(text("CREATE TABLE counter (value INTEGER)"))
        await connection.execute(text("INSERT INTO counter VALUES (0)"))


async def increase(engines: Engines, pause: float = 0.0) -> None:
    """Read, then write what was read and one more; another writer in between would be lost."""
    async with AsyncSession(engines.write) as session:
        value = await session.scalar(text("SELECT value FROM counter"))
        await asyncio.sleep(pause)
        await session.execute(text("UPDATE counter SET value = :new"), {"new": value + 1})
        await session.commit()


async def test_processes_that_read_then_write(sqlite_url: str) -> None:
    """No "database is locked", and no update is lost, also when all processes start together."""
    engines = create_engines(sqlite_url)
    await prepare_counter(engines)
    await close_engines(engines)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pronghorn.sql"])
    with context.Pool(PROCESSES) as pool:
        counts = await asyncio.to_thread(pool.map, increase_for_a_while, [sqlite_url] * PROCESSES)
    path = sqlite_url.partition(":///")[2]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT value FROM counter").fetchone() == (sum(counts),)
    connection.close()
    assert min(counts) > 0


def increase_for_a_while(url: str) -> int:
    return asyncio.run(increase_until_the_end(url))


async def increase_until_the_end(url: str) -> int:
    engines = create_engines(url, pool_timeout=30)
    end = time.monotonic() + SECONDS
    count = 0
    while time.monotonic() < end:
        tasks = [increase(engines) for _ in range(3)]
        await asyncio.gather(*tasks)
        count += len(tasks)
    await close_engines(engines)
    return count
