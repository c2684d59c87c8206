"""Empty stores: a file of SQLite, PostgreSQL with each driver, and Redis."""

from collections.abc import AsyncIterator, Iterator

import pytest

from pronghorn.sql import Database
from tests.sql.conftest import database_url, own_server, postgresql_url, sqlite_url
from tests.sql.servers import fresh_database
from tools.redis_server import RedisServer

__all__ = ["database_url", "own_server", "postgresql_url", "sqlite_url"]


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A server of Redis for all tests; those that stop it start it again."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of a database that is empty."""
    from redis import Redis

    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture(params=["sqlite", "asyncpg", "psycopg", "redis"])
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of each store, empty."""
    if request.param in ("sqlite", "redis"):
        yield request.getfixturevalue(f"{request.param}_url")
        return
    server = request.getfixturevalue("postgresql")
    with fresh_database(server) as name:
        yield server.url(name, request.param)


@pytest.fixture
async def database(database_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """An empty database, whose connections are closed after the test."""
    found = Database(database_url)
    yield found
    await found.dispose()
