"""Where a prepared read runs: on the pool, on a replica, in a session, in a test's transaction."""

import asyncio
import threading
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, event, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import (
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import selectinload

from pronghorn import FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.sql.prepared.shop import Item, ItemOut, make_app, opened, run

TITLES = select(Item.title).where(Item.owner_id == bindparam("owner")).order_by(Item.id)


def idle_in_pool(database: Database) -> bool:
    pool: Any = database.engine.pool
    return bool(pool.checkedout() == 0)


def test_a_session_reads_in_its_own_transaction(database: Database) -> None:
    find = database.prepare(TITLES, str)

    async def work() -> None:
        for _ in range(2):
            with suppress(KeyError):
                async with database.transaction() as session:
                    assert await find(session, owner=1) == ["lamp", "chair"]
                    session.add(
                        Item(id=9, title="rug", price=Decimal(1), owner_id=1)
                    )  # Not flushed.
                    assert await find(session, owner=1) == ["lamp", "chair", "rug"]
                    await session.execute(update(Item).values(title="x"))
                    assert await find(await session.connection(), owner=1) == ["x", "x", "x"]
                    raise KeyError
            assert await find(owner=1) == ["lamp", "chair"]
            assert idle_in_pool(database)

    run(database, work)


def test_a_session_that_does_not_flush_by_itself(database: Database) -> None:
    find = database.prepare(TITLES, str)

    async def work() -> None:
        async with database.transaction() as session:
            with session.no_autoflush:
                session.add(Item(id=9, title="rug", price=Decimal(1), owner_id=1))
                assert await find(session, owner=1) == ["lamp", "chair"]

    run(database, work)


def test_savepoints_scoped_sessions_and_connections(database: Database) -> None:
    find = database.prepare(TITLES, str)

    async def work() -> None:
        async with database.transaction() as session:
            async with session.begin_nested() as savepoint:
                await session.execute(update(Item).values(title="y"))
                assert await find(session, owner=2) == ["y", "y"]
                await savepoint.rollback()
            assert await find(session, owner=2) == ["vase", "apples"]
        maker = async_sessionmaker(database.engine)
        scoped = async_scoped_session(maker, scopefunc=asyncio.current_task)
        for _ in range(2):
            assert await find(scoped, owner=2) == ["vase", "apples"]
        await scoped.remove()
        async with database.engine.connect() as connection:
            for _ in range(3):
                assert await find(connection, owner=2) == ["vase", "apples"]

    run(database, work)


def test_without_a_session_no_transaction_is_begun(postgresql_url: str) -> None:
    """Each BEGIN of a read ends with a ROLLBACK, and PostgreSQL counts those of a connection."""

    async def count_rollbacks(read: Any) -> int:
        database = Database(postgresql_url)
        find = database.prepare(TITLES, str)
        await find(owner=1)
        before = await ask(postgresql_url, "SELECT xact_rollback FROM pg_stat_database")
        for _ in range(20):
            await read(database, find)
        await database.dispose()
        return await ask(postgresql_url, "SELECT xact_rollback FROM pg_stat_database") - before

    async def read_alone(database: Database, find: Any) -> None:
        assert await find(owner=1) == ["lamp", "chair"]

    async def read_in_session(database: Database, find: Any) -> None:
        async with database.engine.connect() as connection:
            assert await find(connection, owner=1) == ["lamp", "chair"]

    async def work() -> None:
        assert await count_rollbacks(read_in_session) >= 20
        assert await count_rollbacks(read_alone) < 5

    run(Database(postgresql_url), work)


async def ask(url: str, question: str) -> int:
    """Return what the server says of its database, from a new connection."""
    database = Database(url)
    async with database.engine.connect() as connection:
        where = " WHERE datname = current_database()"
        found: int = await connection.scalar(text(question + where)) or 0
    await database.dispose()
    return found


def test_many_reads_at_once(database: Database) -> None:
    find = database.prepare(TITLES, str)

    async def work() -> None:
        found = await asyncio.gather(*(find(owner=number % 2 + 1) for number in range(30)))
        assert found == [["lamp", "chair"], ["vase", "apples"]] * 15
        assert idle_in_pool(database)

    run(database, work)


def test_replicas_answer_reads_without_a_session(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("primary", "first", "second")]
    databases = [Database(url) for url in urls]

    async def fill(database: Database, title: str) -> None:
        async with opened(database), database.transaction() as session:
            await session.execute(update(Item).values(title=title))

    async def work() -> None:
        for database, title in zip(databases, ("primary", "first", "second"), strict=True):
            await fill(database, title)
        database = Database(urls[0], replicas=urls[1:])
        find = database.prepare(select(Item.title).where(Item.id == 1), str)
        async with database.lifespan():
            found = [await find.one() for _ in range(4)]
            assert found == ["first", "second"] * 2
            async with database.transaction() as session:
                assert await find.one(session) == "primary"

    asyncio.run(work())


def test_a_test_that_is_rolled_back_reads_its_own_rows(database: Database) -> None:
    find = database.prepare(TITLES, str)
    app = FastAPI()

    @app.get("/titles")
    async def read_titles(session: database.ReadSession) -> list[str]:
        return await find(owner=1) + await find(session, owner=2)

    async def work() -> None:
        async with database.rollback_everything():
            async with database.transaction() as session:
                session.add(Item(id=9, title="rug", price=Decimal(1), owner_id=1))
            for _ in range(2):
                assert await find(owner=1) == ["lamp", "chair", "rug"]
            assert (
                len(set(map(tuple, await asyncio.gather(*(find(owner=1) for _ in range(5)))))) == 1
            )
            answers = await asyncio.to_thread(lambda: [call(app), call(app)])
            assert answers == [["lamp", "chair", "rug", "vase", "apples"]] * 2
        assert await find(owner=1) == ["lamp", "chair"]

    def call(app: FastAPI) -> Any:
        return TestClient(app).get("/titles").json()

    run(database, work)


def test_locks_need_a_session(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    find = database.prepare(select(Item).where(Item.id == 1).with_for_update(), ItemOut)

    async def work() -> None:
        with pytest.raises(SetupError, match="the locks would end with the statement"):
            await find()
        for _ in range(2):
            async with database.transaction() as session:
                assert (await find.one(session)).title == "lamp"
                other = select(Item.id).where(Item.id == 1).with_for_update(nowait=True)
                with pytest.raises(DBAPIError):
                    async with database.transaction() as second:
                        await second.execute(other)

    run(database, work)


def test_listeners_see_the_statements(database: Database) -> None:
    find = database.prepare(TITLES, str)
    seen: list[str] = []

    async def work() -> None:
        await find(owner=1)

        def note(
            connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool
        ) -> None:
            seen.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            assert await find(owner=1) == ["lamp", "chair"]
            async with database.transaction(read_only=True) as session:
                await session.execute(text("SELECT 1"))
                assert await find(session, owner=1) == ["lamp", "chair"]
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        assert len([statement for statement in seen if "items" in statement]) == 2
        assert await find(owner=1) == ["lamp", "chair"]
        assert len(seen) == 3

    run(database, work)


def test_a_listener_may_execute_the_statement(database: Database) -> None:
    find = database.prepare(TITLES, str)
    seen: list[str] = []

    def execute(cursor: Any, statement: str, values: Any, context: Any) -> None:
        seen.append(statement)

    async def work() -> None:
        await find(owner=1)
        event.listen(Engine, "do_execute", execute)
        try:
            assert await find(owner=1) == ["lamp", "chair"]
        finally:
            event.remove(Engine, "do_execute", execute)
        assert len([statement for statement in seen if "items" in statement]) == 1

    run(database, work)


@pytest.mark.anyio
async def test_threads_take_turns_with_the_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two event loops at once: neither waits for the turn of the other, nor ends the turns."""
    url = "postgresql://nobody@127.0.0.1:1/none"
    database = Database(url, replicas=[url, url])
    find = database.prepare(TITLES, str)

    async def read() -> None:
        with pytest.raises(DBAPIError):
            await find(owner=1)

    def create_together(*arguments: Any, **options: Any) -> Any:
        together.wait()
        return create_async_engine(*arguments, **options)

    for _ in database.replicas:
        await read()  # The first event loop has the engines that are there.
    together = threading.Barrier(2, timeout=10)
    monkeypatch.setattr("pronghorn.sql.postgresql.create_async_engine", create_together)
    others = [asyncio.to_thread(asyncio.run, read()) for _ in database.replicas]
    await asyncio.gather(*others)
    await read()


def test_a_lost_connection_is_replaced(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    find = database.prepare(TITLES, str)

    async def end_connections() -> None:
        other = Database(postgresql_url)
        async with other.engine.connect() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        await other.dispose()

    async def lose_session() -> None:
        async with database.transaction() as session:
            await find(session, owner=1)
            await find(session, owner=1)
            await end_connections()
            await find(session, owner=1)

    async def work() -> None:
        await find(owner=1)
        await find(owner=1)
        await end_connections()
        assert await find(owner=1) == ["lamp", "chair"]
        with pytest.raises(DBAPIError) as caught:
            await lose_session()
        assert caught.value.connection_invalidated
        assert await find(owner=1) == ["lamp", "chair"]
        assert idle_in_pool(database)

    run(database, work)


def test_errors_are_those_of_sqlalchemy(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    divide = database.prepare(select(func.div(10, bindparam("by"))), int)
    statement = select(func.div(10, bindparam("by")))

    async def catch(work: Any) -> Any:
        with pytest.raises(DBAPIError) as caught:
            await work
        return caught.value

    async def work() -> None:
        for _ in range(2):
            found = await catch(divide(by=0))
            async with database.engine.connect() as connection:
                expected = await catch(connection.execute(statement, {"by": 0}))
            assert type(found) is type(expected)
            assert type(found.orig) is type(expected.orig)
            assert found.orig.sqlstate == expected.orig.sqlstate == "22012"
            assert found.statement == expected.statement
            assert found.params == expected.params
            assert await divide(by=5) == [2]
        async with database.transaction() as session:
            await divide(session, by=5)
            assert (await catch(divide(session, by=0))).orig.sqlstate == "22012"
            await session.rollback()
        assert idle_in_pool(database)

    run(database, work)


def test_a_map_of_schemas_is_refused(database: Database) -> None:
    find = database.prepare(TITLES, str)

    async def work() -> None:
        async with database.engine.connect() as connection:
            await connection.execution_options(schema_translate_map={None: "other"})
            with pytest.raises(SetupError, match="compiled once, for the schemas"):
                await find(connection, owner=1)

    run(database, work)


@pytest.mark.parametrize("wrong", ["a\0b", 10**30])
def test_values_that_the_database_cannot_hold(database: Database, wrong: Any) -> None:
    column = Item.title if isinstance(wrong, str) else Item.id
    find = database.prepare(select(Item.id).where(column == bindparam("value")), int)
    app = make_app(database)

    @app.get("/alone")
    async def read_alone() -> list[int]:
        return await find(value=wrong)

    @app.get("/session")
    async def read_in_session(session: database.ReadSession) -> list[int]:
        await find(session, value="lamp" if isinstance(wrong, str) else 1)
        return await find(session, value=wrong)

    with TestClient(app, raise_server_exceptions=False) as client:
        for path in ("/alone", "/session") * 2:
            assert client.get(path).status_code == 422, path


def test_a_database_that_is_not_there_is_503(tmp_path: Path) -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    find = database.prepare(TITLES, str)
    app = FastAPI()

    @app.get("/")
    async def read() -> list[str]:
        return await find(owner=1)

    answer = TestClient(app, raise_server_exceptions=False).get("/")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_without_the_private_names_of_sqlalchemy(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release without them: errors have a general class, options no effect, reads take longer."""
    monkeypatch.setattr("pronghorn.sql.prepared.errors.TRANSLATES", False)
    monkeypatch.setattr("pronghorn.sql.prepared.columns.OPTIONS_SEEN", False)
    monkeypatch.setattr("pronghorn.sql.prepared.borrowing.BORROWS", False)
    database = Database(postgresql_url)
    divide = database.prepare(select(func.div(10, bindparam("by"))), int)
    find = database.prepare(select(Item).options(selectinload(Item.owner)), ItemOut)

    async def work() -> None:
        assert await divide(by=5) == [2]
        for _ in range(2):
            with pytest.raises(DBAPIError, match="division by zero"):
                await divide(by=0)
        assert len(await find()) == 4
        assert idle_in_pool(database)

    run(database, work)


@pytest.mark.parametrize("in_session", [False, True])
def test_a_statement_that_takes_too_long_is_503(postgresql_url: str, in_session: bool) -> None:
    database = Database(postgresql_url, statement_timeout=0.2)
    find = database.prepare(select(func.pg_sleep(bindparam("seconds")), Item.id), tuple[Any, int])
    app = make_app(database)

    @app.get("/{seconds}")
    async def read(seconds: float, session: database.ReadSession) -> int:
        return len(await (find(session, seconds=seconds) if in_session else find(seconds=seconds)))

    with TestClient(app, raise_server_exceptions=False) as client:
        for seconds, status in ((0, 200), (9, 503), (0, 200), (9, 503), (0, 200)):
            assert client.get(f"/{seconds}").status_code == status
        assert idle_in_pool(database)


def test_a_pooler_of_transactions_gets_transactions(postgresql_url: str) -> None:
    """Such a pooler may send the halves of a prepared statement to two servers."""
    database = Database(postgresql_url, transaction_pooler=True)
    find = database.prepare(TITLES, str)
    began: list[Any] = []

    async def work() -> None:
        event.listen(database.engine.sync_engine, "begin", began.append)
        for _ in range(3):
            assert await find(owner=1) == ["lamp", "chair"]
        assert len(began) == 3

    run(database, work)


def test_a_column_that_has_got_another_type(postgresql_url: str) -> None:
    """PostgreSQL refuses a prepared statement whose result has changed, as by a migration."""
    database = Database(postgresql_url)
    other = Database(postgresql_url)
    find = database.prepare(select(Item.width).where(Item.id == bindparam("number")), int | None)

    async def work() -> None:
        for kind in ("bigint", "smallint"):
            for _ in range(2):
                assert await find.one(number=1) == 3
            async with other.engine.begin() as connection:
                await connection.execute(text(f"ALTER TABLE items ALTER COLUMN width TYPE {kind}"))
            for _ in range(2):
                assert await find.one(number=1) == 3
        assert idle_in_pool(database)
        await other.dispose()

    run(database, work)
