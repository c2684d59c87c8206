"""Messages in a transaction: seen after the commit, never without it, in the order of commits."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from pronghorn.channels import START, Channels
from pronghorn.exceptions import SetupError
from pronghorn.sql import Database, before_commit
from tests.channels.stores import Message, Store, room, run, take


def test_a_message_is_seen_after_the_commit(store: Store) -> None:
    if store.db is None:
        return  # Memory has no transactions; see below.

    async def test() -> None:
        db, channels = store.db, store.channels
        assert db is not None
        async with store.running():
            async with db.transaction() as session:
                assert await channels.publish(room(7), Message(text="a"), session=session) is None
                await channels.publish(room(8), Message(text="b"), session=session)
                await channels.publish(room(7), Message(text="c"), session=session)
                assert await channels.newest(room(7)) == START
            assert await take(channels.read(room(7), after=START), 2) == ["a", "c"]
            assert await take(channels.read(room(8), after=START), 1) == ["b"]

    run(test)


def test_nobody_sees_a_message_of_a_transaction_that_is_rolled_back(store: Store) -> None:
    if store.db is None:
        return

    async def test() -> None:
        db, channels = store.db, store.channels
        assert db is not None
        async with store.running():
            with suppress(ZeroDivisionError):
                async with db.transaction() as session:
                    await channels.publish(room(7), Message(text="a"), session=session)
                    raise ZeroDivisionError
            async with db.transaction() as session:
                await channels.publish(room(7), Message(text="b"), session=session)
                await session.rollback()
                await channels.publish(room(7), Message(text="c"), session=session)
            async with db.transaction() as session:
                with suppress(ZeroDivisionError):
                    async with session.begin_nested():
                        await channels.publish(room(7), Message(text="x"), session=session)
                        raise ZeroDivisionError
            assert await channels.publish(room(7), Message(text="d")) is not None
            assert await take(channels.read(room(7), after=START), 2) == ["c", "d"]

    run(test)


def test_a_reader_skips_no_id_that_is_committed_late(database_url: str) -> None:
    """C2: transactions that overlap, of two processes, with readers in both."""

    async def test() -> None:
        first, second = Database(database_url), Database(database_url)
        async with first.lifespan(), second.lifespan():
            stores = [Store.on(first), Store.on(second)]
            await first.create_own_tables()
            readers = [
                asyncio.create_task(take(store.channels.read(room(7), after=START), 60))
                for store in stores
            ]

            async def write(store: Store, number: int) -> None:
                assert store.db is not None
                async with store.db.transaction() as session:
                    for name in random.sample([7, 8, 9], 3):
                        text = Message(text=str(number))
                        await store.channels.publish(room(name), text, session=session)
                    await asyncio.sleep(random.uniform(0, 0.02))

            writers = [write(stores[number % 2], number) for number in range(60)]
            limit = asyncio.Semaphore(8)

            async def limited(writer: object) -> None:
                async with limit:
                    await writer  # type: ignore[misc]  # a coroutine

            await asyncio.gather(*map(limited, writers))
            found = await asyncio.gather(*readers)
            assert found[0] == found[1]
            assert sorted(map(int, found[0])) == list(range(60))

    run(test)


def test_a_test_that_rolls_back_everything_delivers(database: Database) -> None:
    channels = Channels(database)

    async def test() -> None:
        async with database.lifespan():
            pass  # It makes the tables.
        async with database.rollback_everything(), database.lifespan():
            reader = asyncio.create_task(take(channels.read(room(7), after=START), 2))
            await asyncio.sleep(0)
            await channels.publish(room(7), Message(text="a"))
            async with database.transaction() as session:
                await channels.publish(room(7), Message(text="b"), session=session)
            assert await reader == ["a", "b"]
        async with database.lifespan():
            assert await channels.newest(room(7)) == START

    run(test)


def test_a_session_of_somebody_else_is_refused(sqlite_url: str) -> None:
    async def test() -> None:
        channels = Channels(Database(sqlite_url))
        engine = create_async_engine(sqlite_url)
        async with AsyncSession(engine) as session:
            with pytest.raises(SetupError, match="the session is not one of a `Database`"):
                await channels.publish(room(7), Message(text="a"), session=session)
        await engine.dispose()

    run(test)


def test_a_message_after_a_commit_that_has_failed(store: Store) -> None:
    if store.db is None:
        return

    async def fail(session: AsyncSession) -> None:
        raise ZeroDivisionError

    async def test() -> None:
        db, channels = store.db, store.channels
        assert db is not None
        async with store.running():
            async with db.transaction() as session:
                await channels.publish(room(7), Message(text="lost"), session=session)
                before_commit(session, fail)
                with suppress(ZeroDivisionError):
                    await session.commit()
                await session.rollback()
                await channels.publish(room(7), Message(text="a"), session=session)
            await channels.publish(room(7), Message(text="b"))
            assert await take(channels.read(room(7), after=START), 2) == ["a", "b"]

    run(test)
