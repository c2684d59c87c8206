"""The check of a database: a pool whose connections are all in use is no database that is away."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import column, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from pronghorn.exceptions import EnvironmentMistake
from pronghorn.health import Check
from pronghorn.sql import Database, checking
from tests.contract.servers import PATIENCE
from tests.sql.cancelling import plain
from tests.sql.faults import FaultProxy
from tests.sql.program import make_app, pass_over_unread_futures
from tests.sql.servers import wait_until

pytestmark = pytest.mark.anyio

OTHERS = """SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a check wait only for a moment until it asks by a connection of its own."""
    monkeypatch.setattr(checking, "RETURN_SECONDS", 0.1)


@pytest.fixture
def proxy(postgresql_url: str) -> Iterator[FaultProxy]:
    """A proxy before an empty database."""
    with FaultProxy(postgresql_url) as proxy:
        yield proxy


@asynccontextmanager
async def probed(
    url: str, timeout: float = PATIENCE, **options: Any
) -> AsyncIterator[tuple[Database, httpx.AsyncClient]]:
    """Start a service whose readiness is that of its database, and yield a client of it."""
    pass_over_unread_futures(asyncio.get_running_loop())
    database = Database(url, **{"pool_size": 1, "pool_timeout": PATIENCE, **options})
    app = make_app(database)
    app.health(ready=[Check(database.check, cache=0, timeout=timeout)])
    async with database.lifespan(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield database, client


@asynccontextmanager
async def crowd(client: httpx.AsyncClient, path: str, size: int) -> AsyncIterator[None]:
    """Send requests that are under way, or wait for a connection, until the end of the block."""
    tasks = [asyncio.ensure_future(client.get(path)) for _ in range(size)]
    await asyncio.sleep(0.1)  # All of them are in the queue of the pool, in which none is alone.
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def all_in_use(database: Database, size: int = 1) -> AsyncIterator[None]:
    """Hold all connections that read, each in a transaction that does nothing."""
    held = [database.transaction(read_only=True) for _ in range(size)]
    for each in held:
        await (await each.__aenter__()).execute(text("SELECT 1"))
    try:
        yield
    finally:
        for each in held:
            with suppress(DBAPIError):  # The test may have cut it off.
                await each.__aexit__(None, None, None)


async def ready(client: httpx.AsyncClient) -> tuple[int, str]:
    answer = await client.get("/ready")
    return answer.status_code, answer.json()["checks"]["database"]


async def wait_until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while await ready(client) != (200, "ok"):  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.05)


async def wait_for_connections(url: str, count: int) -> None:
    """Wait until the server has so many connections of a program; SQLite counts none."""

    def count_others() -> int:
        with psycopg.connect(plain(make_url(url)), autocommit=True) as connection:
            return len(connection.execute(OTHERS).fetchall())

    if "postgresql" in url:
        await asyncio.to_thread(wait_until, lambda: count_others() == count)


async def check_for(database: Database, seconds: float) -> None:
    """Check three times at once, and cancel that after some time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(database.check() for _ in range(3)))


@pytest.mark.parametrize("size", [1, 2])
async def test_a_burst_leaves_a_host_ready(
    proxy: FaultProxy, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "RETURN_SECONDS", PATIENCE)
    async with (
        probed(proxy.url, timeout=4, pool_size=size) as (_, client),
        # Twice as many as are served while the check may wait.
        crowd(client, "/wait/200", 40 * size),
    ):
        await asyncio.to_thread(wait_until, lambda: proxy.opened == size)
        proxy.refuses = True  # The server has no connection for checks.
        assert await ready(client) == (200, "ok")
        assert await ready(client) == (200, "ok")
        assert proxy.opened == size


async def test_a_burst_of_prepared_reads_leaves_a_host_ready(
    proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their connections come back another way."""
    monkeypatch.setattr(checking, "RETURN_SECONDS", PATIENCE)
    async with probed(proxy.url, timeout=4) as (database, client):
        sleep = database.prepare(text("SELECT 1 FROM pg_sleep(0.2)").columns(column("a")), int)
        reads = [asyncio.ensure_future(sleep()) for _ in range(40)]
        await asyncio.sleep(0.1)
        proxy.refuses = True
        assert await ready(client) == (200, "ok")
        assert not all(read.done() for read in reads)
        for read in reads:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)


@pytest.mark.parametrize("size", [1, 2])
async def test_long_transactions_leave_a_host_ready(database_url: str, size: int) -> None:
    async with probed(database_url, pool_size=size, max_overflow=1) as (database, client):
        async with all_in_use(database, size):
            assert await ready(client) == (200, "ok")
            assert await ready(client) == (200, "ok")
            await wait_for_connections(database_url, size)
        assert await ready(client) == (200, "ok")


async def test_a_server_without_a_free_connection_has_answered(postgresql_url: str) -> None:
    url = make_url(postgresql_url)
    role = "CREATE ROLE one LOGIN PASSWORD 'secret' CONNECTION LIMIT 1"
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute(role)
        try:
            narrow = url.set(username="one", password="secret")
            async with (
                probed(narrow.render_as_string(hide_password=False)) as (database, client),
                all_in_use(database),
            ):
                assert await ready(client) == (200, "ok")
        finally:
            connection.execute("DROP ROLE one")


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("no more connections allowed (max_client_conn)", (200, "ok")),
        ("Max client connections reached", (200, "ok")),
        ("server login failed", (503, "failing")),
    ],
)
async def test_a_pooler_without_a_free_connection_has_answered(
    proxy: FaultProxy, says: str, expected: tuple[int, str]
) -> None:
    no_tls = {"ssl": False} if "asyncpg" in proxy.url else {"sslmode": "disable"}
    async with probed(proxy.url, connect_args=no_tls) as (database, client), all_in_use(database):
        proxy.says = says
        assert await ready(client) == expected


async def test_a_database_in_memory_is_ready_while_it_is_busy() -> None:
    async with probed("sqlite:///:memory:") as (database, client), all_in_use(database):
        assert await ready(client) == (200, "ok")
    async with database.rollback_everything():
        await database.check()
    await database.dispose()


@pytest.mark.parametrize("is_busy", [False, True])
async def test_a_check_in_another_thread(database_url: str, is_busy: bool) -> None:
    """It has an event loop of its own, where PostgreSQL has connections of its own."""
    database = Database(database_url, pool_size=1)

    async def check() -> None:
        await database.check()
        await database.dispose()

    async with all_in_use(database, int(is_busy)):
        await asyncio.to_thread(asyncio.run, check())
    await database.dispose()


@pytest.mark.parametrize("requests", [0, 1, 5])
async def test_a_silent_database_makes_a_host_unready(proxy: FaultProxy, requests: int) -> None:
    async with probed(proxy.url, timeout=0.5, connect_timeout=1) as (_, client):
        await wait_until_ready(client)
        proxy.swallow()
        async with crowd(client, "/wait/1", requests):
            assert await ready(client) == (503, "timed out")
            assert await ready(client) == (503, "timed out")
            proxy.release()
            await wait_until_ready(client)


async def test_a_database_that_falls_silent_in_transactions(proxy: FaultProxy) -> None:
    async with (
        probed(proxy.url, timeout=0.5, pool_size=2, connect_timeout=1) as (database, client),
        all_in_use(database, 2),
    ):
        proxy.swallow()
        assert await ready(client) == (503, "timed out")
        proxy.release()
        await wait_until_ready(client)


async def test_a_database_that_is_gone_makes_a_host_unready(proxy: FaultProxy) -> None:
    async with probed(proxy.url) as (database, client):
        async with all_in_use(database):
            proxy.refuses = True
            proxy.cut()
            assert await ready(client) == (503, "failing")
        async with crowd(client, "/wait/1", 3):
            assert await ready(client) == (503, "failing")
        proxy.refuses = False
        await wait_until_ready(client)


async def test_a_file_that_is_gone_makes_a_host_unready(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    url = f"sqlite:///{folder}/test.db"
    async with probed(url) as (database, client), all_in_use(database):
        shutil.rmtree(folder)
        assert await ready(client) == (503, "failing")


async def test_a_connection_that_was_lost_is_no_answer(
    proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection comes back because it broke, while the server takes no other one."""
    monkeypatch.setattr(checking, "RETURN_SECONDS", PATIENCE)
    async with probed(proxy.url) as (database, client):
        async with all_in_use(database):
            check = asyncio.ensure_future(database.check())
            await asyncio.sleep(0.1)
            proxy.refuses = True
            proxy.cut()
        with pytest.raises(EnvironmentMistake, match="cannot be reached"):
            await check
        proxy.refuses = False
        await wait_until_ready(client)


async def test_checks_that_are_cancelled_leave_nothing(database_url: str) -> None:
    async with probed(database_url) as (database, client):
        async with all_in_use(database):
            for milliseconds in (0, 1, 50, *range(101, 150, 4)):
                await check_for(database, milliseconds / 1000)
        assert await ready(client) == (200, "ok")
        assert not database.engine.pool.dispatch.checkin
        await wait_for_connections(database_url, 1)
