"""A statement fails, the program catches the error and goes on: nothing is lost in silence."""

import pytest
from sqlalchemy import bindparam, insert, literal, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from pronghorn import FastAPI
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.sql.library import Author, count_authors, create_tables, make_app, serve

divide = select(literal(1) / bindparam("by", type_=literal(1).type))


def make_writer(database: Database) -> FastAPI:
    app = make_app(database)

    @app.post("/plain")
    async def plain(session: database.Session) -> str:  # type: ignore[name-defined]
        session.add(Author(id=1, name="first"))
        await session.flush()
        try:
            await session.execute(insert(Author).values(id=1, name="again"))
        except IntegrityError:
            return "there already"
        return "saved"

    @app.post("/savepoint")
    async def savepoint(session: database.Session) -> str:  # type: ignore[name-defined]
        session.add(Author(id=2, name="second"))
        await session.flush()
        try:
            async with session.begin_nested():
                await session.execute(insert(Author).values(id=2, name="again"))
        except IntegrityError:
            return "there already"
        return "saved"

    @app.post("/rollback")
    async def rollback(session: database.Session) -> str:  # type: ignore[name-defined]
        try:
            await session.execute(insert(Author).values(id=2, name="again"))
        except IntegrityError:
            await session.rollback()
        session.add(Author(id=3, name="third"))
        return "saved"

    return app


def test_a_2xx_means_that_the_changes_are_saved(database: Database) -> None:
    with serve(make_writer(database)) as client:
        saved = 0
        for path in ("/plain", "/savepoint", "/rollback", "/plain"):
            saved += client.post(path).status_code == 200
            assert client.portal.call(count_authors, database) == min(saved, 3), path


def test_the_error_of_a_lost_transaction_says_what_to_write(postgresql_url: str) -> None:
    database = Database(postgresql_url)

    async def write_both() -> None:
        async with database.transaction() as session:
            session.add(Author(id=1, name="first"))
            await session.flush()
            with pytest.raises(IntegrityError):
                await session.execute(insert(Author).values(id=1, name="again"))

    with serve(make_app(database)) as client:
        with pytest.raises(DBAPIError) as caught:
            client.portal.call(write_both)  # type: ignore[union-attr]
        assert "session.begin_nested()" in "".join(caught.value.__notes__)
        # The connection is as good as new.
        assert client.portal.call(count_authors, database) == 0  # type: ignore[union-attr]


@pytest.mark.anyio
async def test_in_a_test_that_is_rolled_back_later_sessions_work(database: Database) -> None:
    await create_tables(database)
    async with database.rollback_everything():
        client = TestClient(make_writer(database), raise_server_exceptions=False)
        aborts = client.post("/plain").status_code == 500
        assert aborts == (database.engine.dialect.name == "postgresql")
        assert await count_authors(database) == (0 if aborts else 1)
        async with database.transaction() as session:
            session.add(Author(id=4, name="fourth"))
        assert await count_authors(database) == (1 if aborts else 2)
    assert await count_authors(database) == 0
    await database.dispose()


@pytest.mark.anyio
async def test_a_prepared_read_that_fails_aborts_as_well(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    find = database.prepare(divide, float)
    await create_tables(database)
    assert await find.one(by=2) is not None

    async def write_and_divide() -> None:
        async with database.transaction() as session:
            session.add(Author(id=1, name="first"))
            await session.flush()
            with pytest.raises(DBAPIError):
                await find(session, by=0)

    with pytest.raises(DBAPIError):
        await write_and_divide()
    assert await count_authors(database) == 0
    await database.dispose()
