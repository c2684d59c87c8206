"""Short reads from SQLite do not change the thread, and nobody can tell but by the time."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, column, event, exc, func, select, text
from sqlalchemy.pool import Pool

from pronghorn.sql import Database
from pronghorn.sql.prepared.read import PreparedRead
from tests.sql.prepared.shop import Base, Item, ItemOut, opened, run

QUICK = "pronghorn.sql.prepared.quick"
ITEMS = select(Item).where(Item.owner_id == bindparam("owner")).order_by(Item.id)
#: Counts as far as it is told, which takes some steps for each number.
COUNTING = """
    WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT :far)
    SELECT count(*) AS number FROM numbers
"""


@pytest.fixture
def database(sqlite_url: str) -> Database:
    return Database(sqlite_url)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no read take too long, however busy the machine is."""
    monkeypatch.setattr(f"{QUICK}.BUDGET_SECONDS", 60)
    monkeypatch.setattr("pronghorn.sql.prepared.in_loop.TURN_SECONDS", 60)


def count(database: Database) -> PreparedRead[int]:
    return database.prepare(text(COUNTING).columns(column("number")), int)


async def waits(reading: Awaitable[Any]) -> bool:
    """Return whether other tasks had a turn during a read."""
    turns: list[int] = []
    asyncio.get_running_loop().call_soon(turns.append, 1)
    await reading
    return bool(turns)


def test_a_short_read_does_not_wait(database: Database, patient: None) -> None:
    find = database.prepare(ITEMS, ItemOut)

    async def work() -> None:
        await find(owner=1)
        assert not await waits(find(owner=1))
        assert not await waits(find.first(owner=2))
        assert [item.title for item in await find(owner=1)] == ["lamp", "chair"]

    run(database, work)


def test_without_the_private_name_of_aiosqlite(
    database: Database, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = database.prepare(ITEMS, ItemOut)
    monkeypatch.setattr("pronghorn.sql.prepared.in_loop.HAS_CONNECTION", False)

    async def work() -> None:
        await find(owner=1)
        assert await waits(find(owner=1))
        assert len(await find(owner=1)) == 2

    run(database, work)


@pytest.mark.parametrize(("certainly", "reads"), [(0, 2), (50, 6)])
def test_a_read_that_takes_too_long_is_repeated_in_a_thread(
    database: Database,
    patient: None,
    monkeypatch: pytest.MonkeyPatch,
    certainly: int,
    reads: int,
) -> None:
    """If that happens often, the statement stays away for a while, and is then tried again.

    A read that may only have waited for the machine counts less.
    """
    monkeypatch.setattr("pronghorn.sql.prepared.pace.READS_AWAY", 3)
    monkeypatch.setattr(f"{QUICK}.CERTAINLY_ASKED", certainly)
    numbers = count(database)
    tried = 0

    async def work() -> None:
        await numbers(far=1)
        nonlocal tried
        is_away = False
        while not is_away:
            tried += 1
            with monkeypatch.context() as patch:
                patch.setattr(f"{QUICK}.BUDGET_SECONDS", -1)
                assert await numbers.one(far=1000) == 1000
            is_away = await waits(numbers(far=1))
        assert [await waits(numbers(far=2)) for _ in range(4)] == [True, True, False, False]

    run(database, work)
    assert tried == reads


def test_one_long_read_in_many_sends_no_statement_away(
    database: Database, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{QUICK}.CERTAINLY_ASKED", 0)
    numbers = count(database)

    async def work() -> None:
        for _ in range(3):
            for _ in range(101):
                assert await numbers.one(far=3) == 3
            with monkeypatch.context() as patch:
                patch.setattr(f"{QUICK}.BUDGET_SECONDS", -1)
                assert await numbers.one(far=3000) == 3000
            assert not await waits(numbers(far=3))

    run(database, work)


def test_a_large_value_is_read_in_a_thread(database: Database, patient: None) -> None:
    sizes = database.prepare(
        text("SELECT CAST(zeroblob(:size) AS BLOB) AS content").columns(column("content")), bytes
    )
    lengths = database.prepare(select(func.length(bindparam("value"))), int)

    async def work() -> None:
        await sizes(size=1)
        assert not await waits(sizes(size=1000))
        assert await waits(sizes(size=200_000))
        assert len(await sizes.one(size=1_000_000)) == 1_000_000
        assert await lengths.one(value="x" * 500_000) == 500_000

    run(database, work)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) AS n FROM items",
        "SELECT n FROM counted",
        "SELECT count(*) AS n FROM words WHERE words MATCH 'lamp'",
        "SELECT instr(title, 'x') AS n FROM items",
        "SELECT title REGEXP 'x' AS n FROM items",
        f"SELECT title LIKE '{'%a' * 40}' AS n FROM items",
    ],
)
def test_a_step_that_may_take_long_is_for_a_thread(
    database: Database, patient: None, statement: str
) -> None:
    """SQLite does not ask within a step whether the statement may go on."""
    read = database.prepare(text(statement).columns(column("n")), int)

    async def work() -> None:
        async with database.transaction() as session:
            await session.execute(text("CREATE VIEW counted AS SELECT count(*) AS n FROM items"))
            await session.execute(text("CREATE VIRTUAL TABLE words USING fts5(word)"))
        await read()
        for _ in range(3):
            assert await waits(read())

    run(database, work)


def test_a_cache_that_connections_share_needs_the_thread(tmp_path: Path, patient: None) -> None:
    """There a read waits for each step of another one."""
    database = Database(f"sqlite:///file:{tmp_path / 'shop.db'}?cache=shared&uri=true")
    numbers = count(database)

    async def work() -> None:
        async with database.lifespan():
            for _ in range(3):
                assert await waits(numbers(far=3))

    asyncio.run(work())


def test_reads_in_a_loop_leave_turns_to_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = database.prepare(ITEMS, ItemOut)
    monkeypatch.setattr("pronghorn.sql.prepared.in_loop.TURN_SECONDS", 1e-9)
    monkeypatch.setattr(f"{QUICK}.BUDGET_SECONDS", 60)

    async def work() -> None:
        await find(owner=1)
        turns = 0
        reading = asyncio.create_task(read_often())
        while not reading.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns >= 50

    async def read_often() -> None:
        for _ in range(50):
            await find(owner=1)

    run(database, work)


def test_a_time_limit_ends_a_loop_of_reads(database: Database) -> None:
    find = database.prepare(ITEMS, ItemOut)

    async def work() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(read_on(), 0.05)

    async def read_on() -> None:
        while True:
            await find(owner=1)

    run(database, work)


def test_a_read_sees_what_is_committed_and_nothing_else(database: Database, patient: None) -> None:
    titles = database.prepare(select(Item.title).order_by(Item.id).limit(1), str)

    async def work() -> None:
        assert await titles() == ["lamp"]
        async with database.transaction() as session:
            item = await session.get_one(Item, 1)
            item.title = "torch"
            await session.flush()
            assert not await waits(titles())
            assert await titles() == ["lamp"]
            assert await titles(session) == ["torch"]
        assert not await waits(titles())
        assert await titles() == ["torch"]

    run(database, work)


def test_a_test_that_is_rolled_back_is_seen_by_its_reads(database: Database) -> None:
    titles = database.prepare(select(Item.title).order_by(Item.id).limit(1), str)

    async def work() -> None:
        await titles()
        async with database.rollback_everything():
            async with database.transaction() as session:
                (await session.get_one(Item, 1)).title = "torch"
            assert await titles() == ["torch"]
        assert await titles() == ["lamp"]

    run(database, work)


def test_a_migration_is_noticed(database: Database, patient: None) -> None:
    everything = database.prepare(
        text("SELECT id, title FROM items ORDER BY id LIMIT 1").columns(
            column("id"), column("title")
        ),
        tuple[int, Any],
    )

    async def change(statement: str) -> None:
        async with database.transaction() as session:
            await session.execute(text(statement))

    async def work() -> None:
        await everything()
        await change("ALTER TABLE items ADD COLUMN colour TEXT")
        assert await everything() == [(1, "lamp")]
        await change("ALTER TABLE items RENAME COLUMN title TO name")
        with pytest.raises(exc.OperationalError, match="no such column: title"):
            await everything()
        await change("ALTER TABLE items RENAME COLUMN name TO title")
        assert not await waits(everything())
        assert await everything() == [(1, "lamp")]

    run(database, work)


@pytest.mark.parametrize("in_loop", [True, False])
def test_an_error_among_the_rows_leaves_no_old_state(
    database: Database, patient: None, monkeypatch: pytest.MonkeyPatch, in_loop: bool
) -> None:
    """A statement that is not over would keep the database as it was."""
    monkeypatch.setattr("pronghorn.sql.prepared.in_loop.HAS_CONNECTION", in_loop)
    titles = database.prepare(select(Item.title).order_by(Item.id.desc()), str)
    damage = text("UPDATE items SET title = CAST(x'ff61' AS TEXT) WHERE id < :last")

    async def work() -> None:
        errors = []
        for last in range(2, 5):
            async with database.transaction() as session:
                await session.execute(damage, {"last": last})
            with pytest.raises(exc.OperationalError) as caught:
                await titles()
            errors.append(caught.value)  # Which keeps the frames of its traceback.
            assert "Could not decode" in str(caught.value)
        async with database.transaction() as session:
            await session.execute(text("UPDATE items SET title = 'mended'"))
        for _ in range(12):
            assert await titles() == ["mended"] * 4

    run(database, work)


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
