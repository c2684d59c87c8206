"""Short reads from SQLite do not change the thread, and nobody can tell but by the time."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import bindparam, column, exc, func, select, text

from pronghorn.sql import Database
from tests.sql.prepared.in_loop import ITEMS, QUICK, count, waits
from tests.sql.prepared.shop import Item, ItemOut, run


@pytest.fixture
def database(sqlite_url: str) -> Database:
    return Database(sqlite_url)


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
