"""A cancelled task: its statement ends, its connection is back and clean, then it is cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import QueuePool

from pronghorn.sql.connect import Engines, close_engines, create_engines
from tests.sql.cancelling import WAYS, Cancel, connections_of

pytestmark = pytest.mark.anyio

SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500000)"
    " SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(0.15)",
}


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Engines]:
    engines = create_engines(url, pool_size=3)
    async with engines.write.begin() as connection:
        await connection.execute(text("CREATE TABLE notes (id INTEGER PRIMARY KEY)"))
    yield engines
    await close_engines(engines, seconds=0)


@pytest.mark.parametrize("cancel", WAYS)
async def test_the_statement_ends_and_the_connection_stays(
    database_url: str, cancel: Cancel
) -> None:
    async with opened(database_url) as engines:
        name = engines.write.dialect.name
        closed = []
        event.listen(engines.write.sync_engine, "close", lambda *_: closed.append(1))
        ended = []

        async def work() -> None:
            async with AsyncSession(engines.write) as session:
                await session.execute(text("INSERT INTO notes VALUES (1)"))
                try:
                    await session.execute(text(SLOW[name]))
                finally:
                    ended.append(1)
            raise AssertionError("It goes on after the cancellation.")

        await cancel(work, 0.05)
        pool = engines.write.pool
        assert isinstance(pool, QueuePool)
        assert pool.checkedout() == 0
        assert ended == [1]
        assert closed == []
        if name == "postgresql":
            assert connections_of(database_url) == [("idle", "ROLLBACK")]
        async with AsyncSession(engines.write) as session:
            assert await session.scalar(text("SELECT count(*) FROM notes")) == 0
