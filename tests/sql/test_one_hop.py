"""Cursors of SQLite that take one hop give what those of SQLAlchemy's adapter give."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from aiosqlite.core import Connection
from sqlalchemy import event, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from pronghorn.sql import Database
from pronghorn.sql.one_hop import OneHopCursor

ROWS = [{"id": number, "name": f"row {number}"} for number in range(1, 6)]
COUNTING = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) SELECT i FROM n"
)
STATEMENTS: list[tuple[str, Any]] = [
    ("CREATE TABLE notes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)", None),
    ("INSERT INTO notes (name) VALUES (:name)", {"name": "first"}),
    ("INSERT INTO notes (id, name) VALUES (:id, :name)", [{**row, "id": None} for row in ROWS]),
    ("INSERT INTO notes (name) VALUES (:name) RETURNING id, name", {"name": "returned"}),
    ("UPDATE notes SET name = name || '!' WHERE id > :id", {"id": 2}),
    ("UPDATE notes SET name = 'nobody' WHERE id < 0", None),
    ("DELETE FROM notes WHERE id = 1 RETURNING name", None),
    ("SELECT id, name FROM notes ORDER BY id", None),
    ("SELECT id AS number FROM notes WHERE id < 0", None),
    ("PRAGMA table_info(notes)", None),
    ("PRAGMA foreign_keys", None),
    ("INSERT INTO notes (name) VALUES (:name)", {"name": "returned!"}),
    ("SELECT nothing FROM nowhere", None),
    ("SELECT abs(:number)", {"number": -(2**63)}),
    ("SELECT :number", {"number": 2**70}),
    ("SELECT CAST(x'ff61' AS TEXT)", None),
    ("SAVEPOINT here", None),
    ("DELETE FROM notes", None),
    ("ROLLBACK TO here", None),
    ("SELECT count(*) FROM notes", None),
    (COUNTING, None),
]


async def outcome(connection: AsyncConnection, statement: str, values: Any) -> tuple[Any, ...]:
    try:
        result = await connection.execute(text(statement), values)
        if not result.returns_rows:
            last = result.lastrowid if isinstance(values, dict) else None
            return ("changed", result.rowcount, last)
        keys = list(result.keys())
        return (keys, result.fetchmany(2), result.fetchone(), [tuple(row) for row in result])
    except (DBAPIError, OverflowError) as error:
        return (type(error).__name__, str(error))


async def run_all(database: Database) -> list[Any]:
    found: list[Any] = []
    async with database.engine.connect() as connection:
        for statement, values in STATEMENTS:
            found.append(await outcome(connection, statement, values))
        await connection.commit()
        stream = await connection.stream(text("SELECT name FROM notes ORDER BY id"))
        found.append([row.name async for row in stream])
        raw = await connection.get_raw_connection()
        found.append(await raw.driver_connection.execute_fetchall("SELECT max(id) FROM notes"))
    await database.dispose()
    return found


def test_both_ways_agree(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = asyncio.run(run_all(Database(f"sqlite:///{tmp_path / 'quick.db'}")))
    for module in ("one_hop", "sqlite"):
        monkeypatch.setattr(f"pronghorn.sql.{module}.FITS", False)
    monkeypatch.setattr("pronghorn.sql.sqlite.HAS_HOPS", False)
    plain = asyncio.run(run_all(Database(f"sqlite:///{tmp_path / 'plain.db'}")))
    assert quick == plain
    assert quick[7][3] != []


async def count_hops(work: Callable[[], Awaitable[Any]]) -> int:
    """Return how many functions the threads of connections run meanwhile."""
    hops = 0
    original = Connection._execute

    async def execute(self: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal hops
        hops += 1
        return await original(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "_execute", execute)
        await work()
    return hops


def test_a_statement_takes_one_hop(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    async def write() -> None:
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE IF NOT EXISTS notes (id INTEGER)"))
            await session.execute(text("INSERT INTO notes VALUES (1)"))

    async def read() -> None:
        async with database.transaction(read_only=True) as session:
            assert (await session.execute(text("SELECT id FROM notes"))).fetchone() == (1,)

    async def give_up() -> None:
        async with database.transaction(read_only=True) as session:
            await session.execute(text("SELECT id FROM notes"))
            await session.rollback()

    async def work() -> None:
        async with database.lifespan():
            await write()
            await read()
            assert await count_hops(write) == 4  # BEGIN, two statements, COMMIT
            assert await count_hops(read) == 1
            assert await count_hops(give_up) == 1

    asyncio.run(work())


def test_a_transaction_that_reads_sees_one_state(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    async def change(statement: str) -> None:
        async with database.transaction() as session:
            await session.execute(text(statement))

    async def count() -> Any:
        async with database.transaction(read_only=True) as session:
            return await session.scalar(text("SELECT count(*) FROM notes"))

    async def work() -> None:
        async with database.lifespan():
            await change("CREATE TABLE notes (id INTEGER)")
            async with database.transaction(read_only=True) as session:
                assert await session.scalar(text("SELECT count(*) FROM notes")) == 0
                await change("INSERT INTO notes VALUES (1)")
                assert await session.scalar(text("SELECT count(*) FROM notes")) == 0
                assert await count() == 1
            for _ in range(20):  # Every connection of the pool has ended its transaction.
                assert await count() == 1

    asyncio.run(work())


@pytest.mark.parametrize("same_thread", [True, False])
def test_the_program_may_keep_a_connection_to_its_thread(
    sqlite_url: str, same_thread: bool
) -> None:
    database = Database(sqlite_url, connect_args={"check_same_thread": same_thread})
    one = database.prepare(select(literal(1)), int)

    async def work() -> None:
        async with database.lifespan():
            for _ in range(3):
                async with database.transaction(read_only=True) as session:
                    assert await session.scalar(text("SELECT 1")) == 1
                    assert await one(session) == [1]
                assert await one() == [1]

    asyncio.run(work())


def test_listeners_receive_the_cursor(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    seen: list[Any] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.append((type(cursor), statement, cursor.description and cursor.description[0][0]))

    async def work() -> None:
        async with database.engine.connect() as connection:
            event.listen(database.engine.sync_engine, "after_cursor_execute", note)
            await connection.execute(text("SELECT 1 AS one"))
            await database.dispose()

    asyncio.run(work())
    assert seen == [(OneHopCursor, "SELECT 1 AS one", "one")]


@pytest.mark.parametrize("way", ["another task", "the driver"])
def test_the_end_of_a_session_does_not_keep_the_event_loop(sqlite_url: str, way: str) -> None:
    """A statement that still runs holds the connection; its end needs the event loop here."""
    database = Database(sqlite_url)
    ended = threading.Event()
    results: list[bool] = []

    def hold() -> int:
        results.append(ended.wait(5))
        return 1

    def prepare(connection: Any, record: Any) -> None:
        connection.create_function("hold", 0, hold)

    event.listen(database._primary.read.sync_engine, "connect", prepare)

    async def work() -> None:
        async with database.lifespan():
            async with database.transaction(read_only=True) as session:
                await session.execute(text("SELECT 1"))
                if way == "another task":
                    running = asyncio.create_task(session.execute(text("SELECT hold()")))
                    await asyncio.sleep(0.02)
                else:
                    raw = await (await session.connection()).get_raw_connection()
                    driver: Any = raw.driver_connection
                    running = asyncio.create_task(driver.execute("SELECT hold()"))
                    await asyncio.sleep(0.02)
                    running.cancel()
                asyncio.get_running_loop().call_later(0.02, ended.set)
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(work())
    assert results == [True]


@pytest.mark.parametrize("error", [None, KeyError("the program's")])
def test_a_stream_that_is_left_keeps_no_old_state(sqlite_url: str, error: Exception | None) -> None:
    """The next session on the connection would read what has been deleted meanwhile."""
    database = Database(sqlite_url, pool_size=1)
    kept: list[Any] = []

    async def leave() -> None:
        async with database.transaction(read_only=True) as session:
            rows = await session.stream(text("SELECT k FROM t").execution_options(yield_per=2))
            kept.append(rows)
            await rows.fetchone()
            if error is not None:
                raise error

    async def work() -> None:
        async with database.lifespan():
            async with database.transaction() as session:
                await session.execute(text("CREATE TABLE t (k INTEGER)"))
                await session.execute(text(f"INSERT INTO t {COUNTING}"))
            with suppress(KeyError):
                await leave()
            async with database.transaction() as session:
                await session.execute(text("DELETE FROM t"))
            async with database.transaction(read_only=True) as session:
                assert await session.scalar(text("SELECT count(*) FROM t")) == 0

    asyncio.run(work())
    assert len(kept) == 1
