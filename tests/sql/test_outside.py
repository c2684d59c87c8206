"""Sessions outside of requests: scripts, jobs, dependencies, and tests that are rolled back."""

import asyncio
import gc
import warnings
from contextlib import suppress
from typing import Annotated

import anyio
import httpx
import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.sql.cancelling import connections_of
from tests.sql.library import Author, count_authors, create_tables
from tests.sql.servers import wait_until


@pytest.mark.anyio
async def test_a_transaction_is_committed_or_rolled_back(database: Database) -> None:
    await create_tables(database)
    async with database.transaction() as session:
        session.add(Author(name="Ada"))
    with suppress(ZeroDivisionError):
        async with database.transaction() as session:
            session.add(Author(name="Bob"))
            await session.flush()
            raise ZeroDivisionError
    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            session.add(Author(name="Ada"))
    assert await count_authors(database) == 1
    await database.dispose()


@pytest.mark.anyio
async def test_a_transaction_that_only_reads_refuses_to_write(database: Database) -> None:
    await create_tables(database)
    with pytest.raises(DBAPIError, match=r"(?i)read-?only") as caught:
        async with database.transaction(read_only=True) as session:
            session.add(Author(name="Ada"))
    assert "write:    Annotated[AsyncSession, db.session]" in "".join(caught.value.__notes__)
    assert await count_authors(database) == 0
    await database.dispose()


@pytest.mark.anyio
async def test_dependencies_with_sessions_work_outside_of_requests(database: Database) -> None:
    await create_tables(database)
    app = FastAPI()
    Session = Annotated[AsyncSession, database.session]

    @app.inject
    async def add(name: str, session: Session) -> None:
        session.add(Author(name=name))

    await add("Ada")
    async with app.resolve(database.session) as session:
        session.add(Author(name="Bob"))
    async with app.resolve(database.read_session) as session:
        assert await session.scalar(select(func.count()).select_from(Author)) == 2
    await database.dispose()


@pytest.mark.anyio
async def test_after_commit_runs_only_after_a_commit(database: Database) -> None:
    await create_tables(database)
    sent: list[str] = []
    async with database.transaction() as session:
        session.add(Author(name="Ada"))
        event.listen(session.sync_session, "after_commit", lambda _: sent.append("Ada"), once=True)
        assert sent == []
    with suppress(IntegrityError):
        async with database.transaction() as session:
            session.add(Author(name="Ada"))
            event.listen(session.sync_session, "after_commit", lambda _: sent.append("again"))
    assert sent == ["Ada"]
    await database.dispose()


def make_program(database: Database) -> FastAPI:
    app = FastAPI(lifespan=database.lifespan)

    @app.post("/authors/{name}")
    async def add(name: str, session: Annotated[AsyncSession, database.session]) -> None:
        session.add(Author(name=name))

    @app.get("/authors")
    async def count(session: Annotated[AsyncSession, database.read_session]) -> int:
        return await session.scalar(select(func.count()).select_from(Author)) or 0

    @app.get("/authors/{name}")
    async def add_wrongly(name: str, session: Annotated[AsyncSession, database.session]) -> None:
        session.add(Author(name=name))

    return app


@pytest.mark.anyio
async def test_everything_is_rolled_back(database: Database) -> None:
    await create_tables(database)
    app = make_program(database)
    for _ in range(2):
        async with database.rollback_everything():
            async with database.transaction() as session:
                session.add(Author(name="Ada"))
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://t"
            ) as client:
                assert (await client.post("/authors/Ada")).status_code == 409
                assert (await client.post("/authors/Bob")).status_code == 200
                assert (await client.get("/authors/Eve")).status_code == 500
                assert (await client.get("/authors")).json() == 2
                assert (await client.post("/authors/Eve")).status_code == 200
            assert await count_authors(database) == 3
        assert await count_authors(database) == 0
    await database.dispose()


@pytest.mark.anyio
async def test_a_test_client_belongs_to_the_same_transaction(database: Database) -> None:
    await create_tables(database)
    app = make_program(database)
    async with database.rollback_everything():
        async with database.transaction() as session:
            session.add(Author(name="Ada"))
        # A client blocks its thread; inside of an asynchronous test, even the event loop.
        with TestClient(app, raise_server_exceptions=False) as client:
            assert client.post("/authors/Bob").status_code == 200
            assert client.post("/authors/Ada").status_code == 409
            assert client.get("/authors/Eve").status_code == 500
            assert client.get("/authors").json() == 2
        assert await count_authors(database) == 2
        await anyio.to_thread.run_sync(lambda: TestClient(app).post("/authors/Eve"))
        assert await count_authors(database) == 3
    assert await count_authors(database) == 0
    await database.dispose()


@pytest.mark.anyio
async def test_an_error_inside_is_rolled_back_too(database: Database) -> None:
    await create_tables(database)
    with suppress(ZeroDivisionError):
        async with database.rollback_everything():
            async with database.transaction() as session:
                session.add(Author(name="Ada"))
            raise ZeroDivisionError
    assert await count_authors(database) == 0
    await database.dispose()


@pytest.mark.anyio
async def test_an_untested_version_of_sqlalchemy_is_named(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = ("sqlalchemy.engine.interfaces", "AdaptedConnection._gone")
    monkeypatch.setattr("pronghorn.sql.rollback._WRAPPED", missing)
    database = Database(postgresql_url)
    with pytest.raises(SetupError, match=r"AdaptedConnection\._gone, which this version"):
        async with database.rollback_everything():
            pass


def test_each_event_loop_closes_its_own_connections(postgresql_url: str) -> None:
    database = Database(postgresql_url)

    async def prepare() -> None:
        await create_tables(database)
        await database.dispose()

    asyncio.run(prepare())
    app = make_program(database)
    with TestClient(app) as one:
        assert one.get("/authors").json() == 0
        # The server notices the end of a connection a moment later: here that of `prepare`.
        wait_until(lambda: len(connections_of(postgresql_url)) == 1)
        before = connections_of(postgresql_url)
        with TestClient(app) as other:
            assert other.get("/authors").json() == 0
            assert len(connections_of(postgresql_url)) > len(before)
        wait_until(lambda: connections_of(postgresql_url) == before)
        assert one.get("/authors").json() == 0


def test_each_event_loop_has_its_own_connections(database_url: str) -> None:
    database = Database(database_url)
    app = make_program(database)
    with warnings.catch_warnings():
        # A loop that ends without `db.dispose()` leaves its connections to the collector.
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.run(create_tables(database))
        client = TestClient(app)  # Not entered: each request has an event loop of its own.
        assert client.post("/authors/Ada").status_code == 200
        assert asyncio.run(count_authors(database)) == 1
        with TestClient(app) as other:
            assert other.post("/authors/Bob").status_code == 200
            assert asyncio.run(count_authors(database)) == 2
            assert client.post("/authors/Eve").status_code == 200
            assert other.get("/authors").json() == 3
        asyncio.run(database.dispose())
        del database, app, client, other
        gc.collect()
