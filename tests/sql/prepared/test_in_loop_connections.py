"""The connections of reads on the event loop: their settings, their listeners and their end."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, event, exc, func, select, text
from sqlalchemy.pool import Pool

from pronghorn.sql import Database
from tests.sql.prepared.in_loop import ITEMS, count, waits
from tests.sql.prepared.shop import Base, Item, ItemOut, opened, run


@pytest.fixture
def database(sqlite_url: str) -> Database:
    return Database(sqlite_url)


@pytest.mark.parametrize("mode", ["TRUNCATE", "PERSIST"])
def test_another_journal_needs_the_thread(tmp_path: Path, patient: None, mode: str) -> None:
    """There a reader waits for the writer."""
    plain = sqlite3.connect(tmp_path / "file.db")
    plain.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY)")
    plain.close()
    database = Database(f"sqlite:///{tmp_path / 'file.db'}")

    @event.listens_for(database._primary.read.sync_engine, "connect")
    def choose(connection: Any, record: Any) -> None:
        connection.cursor().execute(f"PRAGMA journal_mode = {mode}")

    numbers = count(database)

    async def work() -> None:
        async with database.lifespan():
            for _ in range(3):
                assert await waits(numbers(far=3))

    asyncio.run(work())


def test_a_cache_that_connections_share_needs_the_thread(tmp_path: Path, patient: None) -> None:
    """There a read waits for each step of another one."""
    database = Database(f"sqlite:///file:{tmp_path / 'shop.db'}?cache=shared&uri=true")
    numbers = count(database)

    async def work() -> None:
        async with database.lifespan():
            for _ in range(3):
                assert await waits(numbers(far=3))

    asyncio.run(work())


def listen(to: Any, function: Callable[[Any, Any], None]) -> Callable[[], None]:
    """Listen to connections of all engines, and return what ends that."""
    event.listen(to, "connect", function)
    return lambda: event.remove(to, "connect", function)


@pytest.mark.parametrize("owner", [Engine, Pool])
def test_settings_of_the_program_count(sqlite_url: str, patient: None, owner: Any) -> None:
    def prepare(connection: Any, record: Any) -> None:
        connection.cursor().execute("PRAGMA reverse_unordered_selects = ON")

    stop = listen(owner, prepare)
    try:
        database = Database(sqlite_url)
        numbers = database.prepare(select(Item.id), int)

        async def work() -> None:
            assert await numbers() == [4, 3, 2, 1]
            assert not await waits(numbers())

        run(database, work)
    finally:
        stop()


@pytest.mark.parametrize("name", ["shout", "lower"])
def test_functions_of_the_program_run_in_its_thread(
    sqlite_url: str, patient: None, name: str
) -> None:
    threads = set()

    def shout(word: str) -> str:
        threads.add(threading.current_thread())
        return word.upper()

    stop = listen(Engine, lambda connection, record: connection.create_function(name, 1, shout))
    try:
        database = Database(sqlite_url)
        shouted = database.prepare(select(getattr(func, name)(bindparam("word"))), str)

        async def work() -> None:
            async with database.lifespan():
                for _ in range(3):
                    assert await shouted.one(word="hello") == "HELLO"

        asyncio.run(work())
        assert threading.current_thread() not in threads
    finally:
        stop()


def test_a_collation_of_the_program_needs_the_thread(sqlite_url: str, patient: None) -> None:
    def prepare(connection: Any, record: Any) -> None:
        connection.driver_connection._conn.create_collation("backwards", lambda a, b: -(a > b))

    database = Database(sqlite_url, connect_args={"check_same_thread": False})
    stop = listen(database._primary.read.sync_engine, prepare)
    numbers = count(database)

    async def work() -> None:
        async with database.lifespan():
            for _ in range(3):
                assert await waits(numbers(far=3))

    try:
        asyncio.run(work())
    finally:
        stop()


def test_listeners_are_told(database: Database, patient: None) -> None:
    find = database.prepare(ITEMS, ItemOut)
    told: list[str] = []
    engine = database._primary.read.sync_engine

    async def work() -> None:
        await find(owner=1)
        event.listen(engine.pool, "checkout", lambda *_: told.append("checkout"))
        await find(owner=1)
        event.listen(engine, "before_cursor_execute", lambda *_: told.append("execute"))
        await find(owner=1)
        assert told == ["checkout", "checkout", "execute"]

    run(database, work)


async def wait_for_threads() -> None:
    """Return when no connection has a thread."""
    for _ in range(500):
        if not any("connection_worker" in thread.name for thread in threading.enumerate()):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(threading.enumerate())


def test_connections_are_closed_at_the_end(tmp_path: Path, patient: None) -> None:
    """The last connection removes the log; the next read opens one again, also of a new file."""
    path = tmp_path / "shop.db"
    database = Database(f"sqlite:///{path}")
    find = database.prepare(ITEMS, ItemOut)

    async def work() -> None:
        for _ in range(2):
            async with opened(database):
                await find(owner=1)
                assert not await waits(find(owner=1))
            assert os.listdir(tmp_path) == ["shop.db"]
            await wait_for_threads()
        path.unlink()  # Nothing else runs.
        async with database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        assert await find(owner=1) == []
        await database.dispose()

    asyncio.run(work())


def test_event_loops_in_several_threads(database: Database, patient: None) -> None:
    find = database.prepare(ITEMS, ItemOut)
    found: list[int] = []

    async def read() -> None:
        found.extend([len(await find(owner=1)) for _ in range(200)])

    async def work() -> None:
        threads = [threading.Thread(target=asyncio.run, args=(read(),)) for _ in range(6)]
        for thread in threads:
            thread.start()
        await read()
        for thread in threads:
            await asyncio.to_thread(thread.join)

    run(database, work)
    assert found == [2] * 1400


def test_a_pool_in_use_is_not_waited_for(sqlite_url: str, patient: None) -> None:
    database = Database(sqlite_url, pool_size=1, pool_timeout=0.05)
    numbers = count(database)

    async def work() -> None:
        async with database.lifespan():
            async with database.transaction(read_only=True) as session:
                await session.execute(text("SELECT 1"))
                with pytest.raises(exc.TimeoutError):
                    await numbers(far=1)
            await numbers(far=1)
            async with database.transaction(read_only=True) as session:
                await session.execute(text("SELECT 1"))
                assert await numbers.one(far=3) == 3

    asyncio.run(work())


FORKING = """
import asyncio, os, sys, threading
from sqlalchemy import bindparam, select
from pronghorn.sql import Database

database = Database(sys.argv[1])
double = database.prepare(select(bindparam("number", type_=None) * 2), int)

async def read():
    return await double.one(number=21)

async def read_and_dispose():
    found = await read()
    await database.dispose()
    return found

print("before", asyncio.run(read()), asyncio.run(read()), flush=True)
child = os.fork()
if child:
    status = os.waitpid(child, 0)[1]
    print("parent", asyncio.run(read_and_dispose()), status, flush=True)
else:
    for engine in database._primary:
        engine.sync_engine.dispose(close=False)
    print("child", asyncio.run(read()), threading.active_count(), flush=True)
    os._exit(0)
"""


def test_a_forked_process_opens_connections_of_its_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING, f"sqlite:///{tmp_path / 'file.db'}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout.splitlines() == ["before 42 42", "child 42 2", "parent 42 0"], done.stderr
