"""Channels in each store, empty: memory, SQLite, PostgreSQL with each driver, and Redis."""

from collections.abc import Iterator

import pytest

from pronghorn.channels import Channels
from pronghorn.sql import Database
from tests.channels.stores import RedisStore, Store
from tests.sql.conftest import database, database_url, own_server, postgresql_url, sqlite_url
from tests.sql.servers import fresh_database
from tools.redis_server import RedisServer

__all__ = ["database", "database_url", "own_server", "postgresql_url", "sqlite_url"]


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A server of Redis for all tests; those that stop it start it again."""
    with RedisServer() as server:
        yield server


@pytest.fixture(params=["memory", "sqlite", "asyncpg", "psycopg", "redis"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Each store of channels, empty."""
    if request.param == "memory":
        yield Store(Channels.memory())
    elif request.param == "redis":
        db = Database(request.getfixturevalue("sqlite_url"))
        yield RedisStore.on(request.getfixturevalue("redis_server"), db)
    elif request.param == "sqlite":
        yield Store.on(Database(request.getfixturevalue("sqlite_url")))
    else:
        server = request.getfixturevalue("postgresql")
        with fresh_database(server) as name:
            yield Store.on(Database(server.url(name, request.param)))
