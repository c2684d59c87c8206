"""Connections that are cut, silent or refused: the program gets an error, and then a new one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import QueuePool

from pronghorn.sql import postgresql as limits
from pronghorn.sql.connect import Engines, close_engines, create_engines
from pronghorn.sql.options import EngineOptions
from tests.sql.faults import FaultProxy
from tests.sql.servers import fresh_database
from tools.postgresql import Server

pytestmark = pytest.mark.anyio


@pytest.fixture
def proxy(postgresql_url: str) -> Iterator[FaultProxy]:
    """A proxy before an empty database."""
    with FaultProxy(postgresql_url) as proxy:
        yield proxy


@asynccontextmanager
async def opened(url: str, **options: EngineOptions) -> AsyncIterator[Engines]:
    engines = create_engines(url, **options)
    async with AsyncSession(engines.write) as session:
        await session.execute(text("CREATE TABLE notes (id INTEGER PRIMARY KEY)"))
        await session.commit()
    yield engines
    assert pool_of(engines).checkedout() == 0
    await close_engines(engines)


def pool_of(engines: Engines) -> QueuePool:
    pool = engines.write.pool
    assert isinstance(pool, QueuePool)
    return pool


async def add(engines: Engines, number: int) -> None:
    async with AsyncSession(engines.write) as session:
        await session.execute(text("INSERT INTO notes VALUES (:id)"), {"id": number})
        await session.commit()


async def count(engines: Engines) -> int | None:
    async with AsyncSession(engines.read) as session:
        return await session.scalar(text("SELECT count(*) FROM notes"))


async def test_a_lost_connection_is_replaced(proxy: FaultProxy) -> None:
    async with opened(proxy.url) as engines:
        proxy.cut()
        await asyncio.sleep(0.01)
        await add(engines, 1)
        assert await count(engines) == 1
        assert proxy.opened == 2


async def test_a_server_that_restarts_is_found_again(own_server: Server, driver: str) -> None:
    with fresh_database(own_server) as name:
        await check_restart(own_server, own_server.url(name, driver))


async def check_restart(own_server: Server, url: str) -> None:
    async with opened(url) as engines:
        await asyncio.gather(*(count(engines) for _ in range(5)))
        await asyncio.to_thread(own_server.restart)
        await asyncio.gather(*(count(engines) for _ in range(5)))


@pytest.mark.parametrize(("decision", "saved"), [("cut", 0), ("answer", 1)])
async def test_a_commit_that_is_cut_fails(proxy: FaultProxy, decision: str, saved: int) -> None:
    async with opened(proxy.url) as engines:
        proxy.decide = lambda part: decision if b"COMMIT" in part else "forward"
        with pytest.raises(DBAPIError) as raised:
            await add(engines, 1)
        assert raised.value.connection_invalidated
        proxy.decide = lambda _: "forward"
        assert await count(engines) == saved


async def test_a_silent_server_costs_no_more_than_the_time_limit(
    proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "GRACE_SECONDS", 0.2)
    async with opened(proxy.url, statement_timeout=0.2) as engines:
        proxy.swallow()
        with pytest.raises(DBAPIError) as raised:
            await count(engines)
        assert raised.value.connection_invalidated
        proxy.release()
        assert await count(engines) == 0


async def test_what_a_silent_server_answers_later_is_good(proxy: FaultProxy) -> None:
    async with opened(proxy.url) as engines:
        proxy.swallow()
        waiting = asyncio.ensure_future(count(engines))
        await asyncio.sleep(0.5)
        proxy.release()
        assert await waiting == 0
        assert proxy.opened == 1


async def test_a_server_that_is_gone_is_an_error_at_once(proxy: FaultProxy) -> None:
    async with opened(proxy.url, connect_timeout=1) as engines:
        proxy.refuses = True
        proxy.cut()
        await asyncio.sleep(0.01)
        with pytest.raises((DBAPIError, OSError)):
            await count(engines)
        proxy.refuses = False
        assert await count(engines) == 0


async def test_a_server_that_accepts_and_is_silent_is_given_up(proxy: FaultProxy) -> None:
    engines = create_engines(proxy.url, connect_timeout=0.2)
    proxy.swallow()
    with pytest.raises((DBAPIError, OSError)):
        await count(engines)
    assert pool_of(engines).checkedout() == 0
    proxy.release()
    await close_engines(engines)


async def test_all_connections_in_use(database_url: str) -> None:
    async with opened(database_url, pool_size=2, pool_timeout=0.1) as engines:
        async with AsyncSession(engines.read) as one, AsyncSession(engines.read) as two:
            for session in (one, two):
                await session.execute(text("SELECT 1"))
            with pytest.raises(TimeoutError, match="size 2 overflow 0 reached"):
                await count(engines)
        assert await count(engines) == 0


@pytest.mark.parametrize("number", range(1, 12))
async def test_the_connection_is_cut_at_the_nth_message(proxy: FaultProxy, number: int) -> None:
    async with opened(proxy.url) as engines:
        await add(engines, 100)
        left = [number]

        def decide(_: bytes) -> str:
            left[0] -= 1
            return "cut" if left[0] == 0 else "forward"

        proxy.decide = decide
        try:
            await add(engines, 1)
        except DBAPIError as error:
            was_lost = error.connection_invalidated
        else:
            was_lost = False
        # With the later numbers, the work is done before its connection is cut.
        assert was_lost or left[0] >= 0
        proxy.decide = lambda _: "forward"
        assert await count(engines) == (1 if was_lost else 2)
