"""What batteries do around a commit, and the tables that they keep beside those of the program."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, text
from sqlalchemy.exc import IntegrityError

from pronghorn import FastAPI
from pronghorn.exceptions import HTTPException, SetupError
from pronghorn.sql import Database, after_commit, before_commit, postpone_commit
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio

TABLES = MetaData()
NOTES = Table(
    "pronghorn_notes",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("text", String(50), nullable=False, unique=True),
)


@pytest.fixture
def noting(database: Database) -> Database:
    database.add_own_tables(TABLES)
    database.add_own_tables(TABLES)
    return database


async def notes(db: Database) -> list[str]:
    async with db.transaction(read_only=True) as session:
        return list(await session.scalars(select(NOTES.c.text).order_by(NOTES.c.id)))


def make_app(db: Database, log: list[str]) -> FastAPI:
    app = FastAPI(lifespan=db.lifespan)

    async def after() -> None:
        log.append("after")

    async def broken() -> None:
        raise ValueError("lost")

    async def write(session: Any) -> None:
        log.append("before")
        await session.execute(insert(NOTES), {"text": "row of the battery"})

    @app.post("/{way}")
    async def create(way: str, session: db.Session) -> str:
        before_commit(session, write)
        after_commit(session, broken)
        after_commit(session, after)
        if way == "writes":
            await session.execute(insert(NOTES), {"text": "row of the endpoint"})
        if way == "raises":
            raise HTTPException(418)
        if way == "rolls back":
            await session.rollback()
        return way

    return app


@pytest.mark.parametrize(
    ("way", "found", "log"),
    [
        ("writes", ["row of the endpoint", "row of the battery"], ["before", "after"]),
        ("does nothing", ["row of the battery"], ["before", "after"]),
        ("raises", [], []),
        ("rolls back", [], []),
    ],
)
async def test_functions_around_the_commit(
    noting: Database, way: str, found: list[str], log: list[str]
) -> None:
    called: list[str] = []
    app = make_app(noting, called)
    with TestClient(app) as client:
        assert client.post(f"/{way}").status_code == (418 if way == "raises" else 200)
    assert called == log
    assert await notes(noting) == found
    await noting.dispose()


async def test_a_function_that_fails_before_the_commit_rolls_back(noting: Database) -> None:
    await noting.create_own_tables()
    called = []

    async def fail(session: Any) -> None:
        await session.execute(insert(NOTES), {"text": "never"})
        raise ValueError("no")

    async def after() -> None:
        called.append("after")

    async def run() -> None:
        async with noting.transaction() as session:
            before_commit(session, fail)
            after_commit(session, after)

    with pytest.raises(ValueError, match="no"):
        await run()
    assert (await notes(noting), called) == ([], [])
    await noting.dispose()


async def test_a_commit_of_the_program_takes_the_rows_along(noting: Database) -> None:
    await noting.create_own_tables()

    async def write(session: Any) -> None:
        await session.execute(insert(NOTES), {"text": f"row {len(session.info)}"})

    async def run() -> None:
        async with noting.transaction() as session:
            before_commit(session, write)
            await session.commit()
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await run()
    assert len(await notes(noting)) == 1
    await noting.dispose()


async def test_a_block_of_begin_takes_the_rows_along(noting: Database) -> None:
    await noting.create_own_tables()

    async def write(session: Any) -> None:
        await session.execute(insert(NOTES), {"text": "row"})

    async def run() -> None:
        async with noting.transaction() as session:
            async with session.begin():
                async with session.begin_nested():
                    before_commit(session, write)
                assert list(await session.scalars(select(NOTES.c.text))) == []
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await run()
    assert await notes(noting) == ["row"]
    await noting.dispose()


async def test_what_comes_after_a_commit_of_the_program_is_not_lost(noting: Database) -> None:
    await noting.create_own_tables()
    called: list[str] = []

    async def note(name: str) -> None:
        called.append(name)

    async def run() -> None:
        async with noting.transaction() as session:
            after_commit(session, partial(note, "first"))
            await session.commit()
            assert called == ["first"]
            after_commit(session, partial(note, "rolled back"))
            await session.rollback()
            await session.execute(insert(NOTES), {"text": "row"})
            after_commit(session, partial(note, "second"))
            await session.commit()
            after_commit(session, partial(note, "lost"))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await run()
    assert (await notes(noting), called) == (["row"], ["first", "second"])
    await noting.dispose()


async def test_the_innermost_transaction_is_known(noting: Database) -> None:
    before = noting.transaction()
    noting.follow_transactions()
    other = Database("sqlite://")
    other.follow_transactions()
    seen: list[Any] = []
    is_over = asyncio.Event()

    async def look() -> None:
        seen.append(noting.current_session())

    async with before, noting.transaction(read_only=True):
        assert noting.current_session() is None  # It began before, or only reads.
    async with noting.transaction() as outer:
        async with other.transaction() as elsewhere:
            assert noting.current_session() is outer
            assert other.current_session() is elsewhere
        async with noting.transaction() as inner:
            after_commit(inner, look)
            assert noting.current_session() is inner
            assert await asyncio.to_thread(noting.current_session) is inner
            later = asyncio.create_task(_look_after(is_over, noting))
        assert noting.current_session() is outer
        is_over.set()
        assert await later is outer
    assert seen == [outer]
    assert noting.current_session() is None
    await other.dispose()
    await noting.dispose()


async def _look_after(is_over: asyncio.Event, database: Database) -> Any:
    """Return what a task sees that goes on when its transaction is over."""
    await is_over.wait()
    return database.current_session()


async def test_many_processes_may_create_the_tables(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(6)]
    for database in databases:
        database.add_own_tables(TABLES)
    await asyncio.gather(*(database.create_own_tables() for database in databases))
    assert await notes(databases[0]) == []
    for database in databases:
        await database.dispose()


async def test_a_table_of_another_version_stops_the_startup(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE pronghorn_notes (id INTEGER PRIMARY KEY)"))
    database.add_own_tables(TABLES)
    with pytest.raises(SetupError, match="pronghorn_notes has no column text"):
        async with database.lifespan():
            pass
    await database.dispose()


async def test_a_test_that_rolls_back_takes_the_tables_with_it(noting: Database) -> None:
    async with noting.rollback_everything():
        log: list[str] = []
        with TestClient(make_app(noting, log)) as client:
            client.post("/writes")
        assert log == ["before", "after"]
        assert len(await notes(noting)) == 2
    async with noting.transaction(read_only=True) as session:
        found = await session.run_sync(lambda given: given.connection().dialect.name)
        exists = "SELECT count(*) FROM sqlite_master WHERE name = 'pronghorn_notes'"
        if found == "postgresql":
            exists = "SELECT count(*) FROM pg_tables WHERE tablename = 'pronghorn_notes'"
        assert await session.scalar(text(exists)) == 0
    await noting.dispose()


@pytest.mark.parametrize("way", ["commit", "roll back", "fail", "break", "break later"])
async def test_a_commit_that_is_postponed(noting: Database, way: str) -> None:
    await noting.create_own_tables()
    log: list[str] = []

    async def before(session: Any) -> None:
        log.append("before")
        if way == "break later":
            raise ValueError(way)

    async def after() -> None:
        log.append("after")

    async def run() -> None:
        async with noting.transaction() as session:
            postponed.append(postpone_commit(session))
            before_commit(session, before)
            after_commit(session, after)
            await session.execute(insert(NOTES), {"text": "in the block"})
            if way == "break":
                raise ValueError(way)
        assert log == []
        await session.execute(insert(NOTES), {"text": "after the block"})
        if way == "roll back":
            await postponed[0].roll_back(ValueError(way))
        if way == "fail":
            await session.execute(insert(NOTES), {"text": "in the block"})
        await postponed[0].commit()
        with pytest.raises(SetupError, match="was used after its end"):
            await session.execute(select(NOTES))

    postponed: list[Any] = []
    if way in ("commit", "roll back"):
        await run()
    else:
        with pytest.raises((ValueError, IntegrityError)) as caught:
            await run()
        await postponed[0].roll_back(caught.value)
        await postponed[0].commit()
    is_committed = way == "commit"
    assert await notes(noting) == (["in the block", "after the block"] if is_committed else [])
    wanted = {"commit": ["before", "after"], "break later": ["before"]}
    assert log == wanted.get(way, [])
    await noting.dispose()


async def test_a_savepoint_that_is_rolled_back_takes_its_functions_with_it(
    noting: Database,
) -> None:
    """Also those of savepoints inside of it, and of no other one."""
    log: list[str] = []

    def note(session: Any, name: str) -> None:
        async def before(session: Any) -> None:
            log.append(f"before {name}")

        async def after() -> None:
            log.append(f"after {name}")

        before_commit(session, before)
        after_commit(session, after)

    async with noting.transaction() as session:
        note(session, "first")
        with suppress(ZeroDivisionError):
            async with session.begin_nested():
                note(session, "lost")
                async with session.begin_nested():
                    note(session, "lost inside")
                raise ZeroDivisionError
        async with session.begin_nested():
            note(session, "kept")
            inner = await session.begin_nested()
            note(session, "lost by hand")
            await inner.rollback()
        note(session, "last")
    names = ("first", "kept", "last")
    assert log == [f"{when} {name}" for when in ("before", "after") for name in names]
    await noting.dispose()


async def test_a_statement_that_fails_in_a_savepoint_takes_its_functions_with_it(
    noting: Database,
) -> None:
    log: list[str] = []

    await noting.create_own_tables()

    async def after() -> None:
        log.append("after")

    async def insert_again(session: Any) -> None:
        async with session.begin_nested():
            after_commit(session, after)
            await session.execute(insert(NOTES), {"text": "one"})

    async with noting.transaction() as session:
        await session.execute(insert(NOTES), {"text": "one"})
        with pytest.raises(IntegrityError):
            await insert_again(session)
    assert log == []
    assert await notes(noting) == ["one"]
    await noting.dispose()
