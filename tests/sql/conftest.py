"""An empty database for each test, on SQLite and on PostgreSQL with each of its drivers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pronghorn.sql import Database
from tests.sql.servers import fresh_database
from tools.postgresql import Server

POSTGRESQL_DRIVERS = ("asyncpg", "psycopg")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a file of SQLite that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=POSTGRESQL_DRIVERS)
def postgresql_url(request: pytest.FixtureRequest, postgresql: Server) -> Iterator[str]:
    """The URL of an empty database of PostgreSQL, for each driver."""
    with fresh_database(postgresql) as name:
        yield postgresql.url(name, request.param)


@pytest.fixture(params=["sqlite", *POSTGRESQL_DRIVERS])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database, for SQLite and for each driver of PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server = request.getfixturevalue("postgresql")
    with fresh_database(server) as name:
        yield server.url(name, request.param)


@pytest.fixture(params=POSTGRESQL_DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    """The name of each driver of PostgreSQL."""
    return str(request.param)


@pytest.fixture(scope="session")
def own_server() -> Iterator[Server]:
    """A server for tests that restart it."""
    with Server() as server:
        yield server


@pytest.fixture
def database(database_url: str) -> Database:
    """An empty database."""
    return Database(database_url)
