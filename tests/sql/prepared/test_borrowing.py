"""A read without a session borrows a connection of the pool, and leaves the pool as it was."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import bindparam, event, exc, func, select, text

import pronghorn.sql.pool
from pronghorn.sql import Database
from tests.sql.prepared.shop import Item, ItemOut, run

ITEMS = select(Item).where(Item.owner_id == bindparam("owner")).order_by(Item.id)


@asynccontextmanager
async def held(database: Database) -> AsyncIterator[None]:
    """Keep a connection of the pool in use."""
    async with database.transaction(read_only=True) as session:
        await session.execute(text("SELECT 1"))
        yield


def pool_of(database: Database) -> Any:
    return database.engine.pool


def test_both_ways_read_the_same(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    find = database.prepare(ITEMS, ItemOut)

    async def work() -> None:
        await find(owner=1)  # The first read of a statement goes through SQLAlchemy.
        quick = [await find(owner=owner) for owner in (1, 2, 3)]
        monkeypatch.setattr("pronghorn.sql.prepared.borrowing.BORROWS", False)
        assert [await find(owner=owner) for owner in (1, 2, 3)] == quick
        assert [len(rows) for rows in quick] == [2, 2, 0]

    run(database, work)


def test_listeners_of_the_pool_are_told(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    find = database.prepare(select(func.abs(bindparam("number"))), int)
    told: list[str] = []

    async def work() -> None:
        await find(number=-1)
        await find(number=-1)
        pool = database.engine.sync_engine.pool
        event.listen(pool, "checkout", lambda *_: told.append("out"))
        event.listen(pool, "checkin", lambda *_: told.append("in"))
        assert await find(number=-2) == [2]
        assert told == ["out", "in"]
        await database.dispose()

    asyncio.run(work())


async def use_all(database: Database, work: Callable[[], Awaitable[None]]) -> None:
    find = database.prepare(select(func.abs(bindparam("number"))), int)
    await find(number=1)
    await find(number=1)
    await work()
    assert pool_of(database).checkedout() == 0
    assert await find(number=-7) == [7]
    await database.dispose()


def test_a_read_waits_for_its_turn(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1)
    find = database.prepare(select(func.abs(bindparam("number"))), int)

    async def work() -> None:
        async with held(database):
            reads = [asyncio.create_task(find(number=-number)) for number in range(5)]
            await asyncio.sleep(0.05)
            assert not any(read.done() for read in reads)
        assert await asyncio.gather(*reads) == [[0], [1], [2], [3], [4]]

    asyncio.run(use_all(database, work))


def test_a_read_that_waits_too_long(postgresql_url: str) -> None:
    """The error is that of SQLAlchemy, in both ways."""
    database = Database(postgresql_url, pool_size=1, pool_timeout=0.05)
    find = database.prepare(select(func.abs(bindparam("number"))), int)

    async def work() -> None:
        texts = []
        async with held(database):
            for borrows in (True, False):
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr("pronghorn.sql.prepared.borrowing.BORROWS", borrows)
                    with pytest.raises(exc.TimeoutError) as caught:
                        await find(number=1)
                    texts.append(str(caught.value))
        assert texts[0] == texts[1]

    asyncio.run(use_all(database, work))


def test_a_read_that_is_cancelled_while_it_waits(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1)
    find = database.prepare(select(func.abs(bindparam("number"))), int)

    async def work() -> None:
        async with held(database):
            given_up = asyncio.create_task(find(number=1))
            waiting = asyncio.create_task(find(number=-2))
            await asyncio.sleep(0.05)
            given_up.cancel()
            await asyncio.wait([given_up])
            assert given_up.cancelled()
        assert await waiting == [2]

    asyncio.run(use_all(database, work))


def test_an_error_of_the_statement_keeps_the_connection(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1)
    divide = database.prepare(select(func.div(10, bindparam("by"))), int)
    connection = database.prepare(select(func.pg_backend_pid()), int)

    async def work() -> None:
        await divide(by=1)
        [first] = await connection()
        with pytest.raises(exc.DBAPIError, match="division by zero"):
            await divide(by=0)
        with pytest.raises(TypeError):
            await divide(through=0)
        assert await connection() == [first]

    asyncio.run(use_all(database, work))


def notes_of(database: Database) -> dict[Any, float]:
    """When each connection was used last, as far as the pool knows."""
    return dict(pronghorn.sql.pool._TESTS[database.engine.dialect].last_used)


def test_a_use_without_a_statement_says_nothing_of_the_server(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1)
    find = database.prepare(select(func.abs(bindparam("number"))), int)
    other = database.prepare(select(func.abs(bindparam("other"))), int)

    async def work() -> None:
        await find(number=1)
        before = notes_of(database)
        with pytest.raises(TypeError):
            await find(digit=1)
        assert notes_of(database) == before
        with pytest.MonkeyPatch.context() as patch:
            # The first read of a statement asks SQLAlchemy to send it.
            patch.setattr("pronghorn.sql.prepared.running.read_in_transaction", send_nothing)
            assert await other(other=1) == []
        assert notes_of(database) == before
        await find(number=2)
        assert notes_of(database) != before

    asyncio.run(use_all(database, work))


async def send_nothing(*arguments: Any) -> list[int]:
    """Stand for the way through SQLAlchemy, which would use the connection."""
    return []


def test_a_test_of_a_connection_that_fails_keeps_its_place(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1, pool_timeout=0.5)
    find = database.prepare(select(func.abs(bindparam("number"))), int)

    def fail(*arguments: Any) -> bool:
        raise RuntimeError("no such attribute of the driver")

    async def work() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pronghorn.sql.prepared.borrowing.is_surely_alive", fail)
            with pytest.raises(RuntimeError, match="no such attribute"):
                await find(number=1)
        assert await find(number=-3) == [3]

    asyncio.run(use_all(database, work))


def test_a_connection_that_sqlalchemy_would_replace_is_replaced(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1, pool_recycle=0)
    connection = database.prepare(select(func.pg_backend_pid()), int)

    async def work() -> None:
        seen = set()
        for _ in range(4):
            await asyncio.sleep(0.01)
            seen.update(await connection())
        assert len(seen) > 1

    asyncio.run(use_all(database, work))


def test_a_read_during_dispose_closes_its_connection_afterwards(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1)
    sleep = database.prepare(select(func.pg_sleep(bindparam("seconds"))), Any)
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pronghorn'"

    async def work() -> None:
        await sleep(seconds=0)
        reading = asyncio.create_task(sleep(seconds=0.3))
        await asyncio.sleep(0.05)
        await database.dispose()
        assert len(await reading) == 1
        other = Database(postgresql_url, application_name="observer")
        async with other.transaction() as session:
            assert await session.scalar(text(count)) == 0
        await other.dispose()

    asyncio.run(work())
