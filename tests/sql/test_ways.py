"""Sessions on PostgreSQL take shorter ways through SQLAlchemy, and its own ways do the same."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import event, text
from sqlalchemy.dialects.postgresql.asyncpg import (
    AsyncAdapt_asyncpg_connection,
    AsyncAdapt_asyncpg_cursor,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from pronghorn.core import private_names
from pronghorn.sql import operations, read_only
from pronghorn.sql.connect import Engines, close_engines, create_engines

pytestmark = pytest.mark.anyio
SHORT, LONG = "short", "long"


@pytest.fixture(params=[SHORT, LONG])
def way(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> str:
    """Take the names away that the short ways need, for the long ones."""
    monkeypatch.setattr(private_names, "_warned", set())
    caplog.set_level(logging.WARNING)
    if request.param == LONG:
        monkeypatch.setattr(operations, "_NAMES", ("AsyncAdapt_asyncpg_cursor._gone",))
        monkeypatch.setattr(read_only, "_NAMES", ("_ConnectionFairy._gone",))
    return str(request.param)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Engines]:
    engines = create_engines(url, pool_size=1)
    async with engines.write.begin() as connection:
        await connection.execute(text("CREATE TABLE notes (id INTEGER PRIMARY KEY)"))
    yield engines
    await close_engines(engines, seconds=0)


async def add(engine: AsyncEngine, number: int) -> None:
    async with AsyncSession(engine) as session:
        await session.execute(text("INSERT INTO notes VALUES (:id)"), {"id": number})
        await session.commit()


async def count(engine: AsyncEngine) -> int:
    async with AsyncSession(engine) as session:
        return await session.scalar(text("SELECT count(*) FROM notes")) or 0


@pytest.mark.usefixtures("way")
async def test_statements_commits_and_rollbacks(postgresql_url: str) -> None:
    async with opened(postgresql_url) as engines:
        told: list[str] = []
        for name in ("begin", "commit", "rollback"):
            event.listen(engines.write.sync_engine, name, lambda _, name=name: told.append(name))
        await add(engines.write, 1)
        assert told == ["begin", "commit"]
        with pytest.raises(IntegrityError) as caught:
            await add(engines.write, 1)
        assert getattr(caught.value.orig, "sqlstate", None) == "23505"
        assert told == ["begin", "commit", "begin", "rollback"]
        async with AsyncSession(engines.write) as session:
            await session.execute(text("INSERT INTO notes VALUES (2), (3)"))
            await session.rollback()
            done = await session.execute(text("DELETE FROM notes"))
            assert done.rowcount == 1  # type: ignore[attr-defined]  # Of a cursor.
        assert await count(engines.write) == 1
        async with engines.write.connect() as connection:
            plain = await connection.exec_driver_sql(
                "SELECT 1", execution_options={"no_parameters": True}
            )
            assert plain.scalar() == 1


async def test_a_connection_reads_and_then_writes_again(postgresql_url: str, way: str) -> None:
    async with opened(postgresql_url) as engines:
        for number in (1, 2):
            with pytest.raises(DBAPIError, match=r"(?i)read-only"):
                await add(engines.read, number)
            assert await count(engines.read) == number - 1
            await add(engines.write, number)
        isolated = engines.read.execution_options(isolation_level="SERIALIZABLE")
        with pytest.raises(DBAPIError, match=r"(?i)read-only"):
            await add(isolated, 3)
        await add(engines.write.execution_options(isolation_level="SERIALIZABLE"), 3)
        async with engines.read.connect() as connection:
            for _ in range(2):
                await connection.execute(text("SELECT 1"))
                assert await connection.scalar(text("SHOW transaction_read_only")) == "on"
                await connection.rollback()
        assert await count(engines.write) == 3


@pytest.mark.usefixtures("way")
async def test_what_listens_to_statements_hears_those_that_only_read(postgresql_url: str) -> None:
    async with opened(postgresql_url) as engines:
        heard: list[str] = []
        event.listen(
            engines.write.sync_engine,
            "before_cursor_execute",
            lambda *arguments: heard.append(arguments[2]),
        )
        await count(engines.read)
        assert heard == ["SELECT count(*) FROM notes"]


async def test_the_long_ways_are_announced(
    postgresql_url: str, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(postgresql_url):
        said = [record.getMessage() for record in caplog.records]
    reading = "sqlalchemy.pool.base: this version has no _ConnectionFairy._gone. "
    reading += "Sessions that only read take longer."
    sending = "sqlalchemy.dialects.postgresql.asyncpg: this version has no "
    sending += "AsyncAdapt_asyncpg_cursor._gone. Statements of sessions on PostgreSQL take longer."
    expected = [sending, reading] if "psycopg" not in postgresql_url else [reading]
    assert said == (expected if way == LONG else [])


@pytest.mark.parametrize("postgresql_url", ["asyncpg"], indirect=True)
async def test_a_cursor_that_somebody_has_replaced_is_asked(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for kind, name in (
        (AsyncAdapt_asyncpg_cursor, "execute"),
        (AsyncAdapt_asyncpg_connection, "commit"),
    ):
        original = getattr(kind, name)

        def note(*arguments: object, name: str = name, original: object = original) -> object:
            asked.append(name)
            return original(*arguments)  # type: ignore[operator]

        monkeypatch.setattr(kind, name, note)
    async with opened(postgresql_url) as engines:
        asked.clear()
        await add(engines.write, 1)
        assert asked == ["execute", "commit"]
