"""Channels in memory, and in an empty database: SQLite, and PostgreSQL with each driver."""

from collections.abc import Iterator

import pytest

from pronghorn.channels import Channels
from pronghorn.sql import Database
from tests.channels.stores import Store
from tests.sql.conftest import database as database
from tests.sql.conftest import database_url as database_url
from tests.sql.conftest import own_server as own_server
from tests.sql.conftest import postgresql_url as postgresql_url
from tests.sql.conftest import sqlite_url as sqlite_url


@pytest.fixture(params=["memory", "sqlite", "asyncpg", "psycopg"])
def store(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Store]:
    """Each store of channels, empty."""
    if request.param == "memory":
        yield Store(Channels.memory(), None)
        return
    if request.param == "sqlite":
        url = request.getfixturevalue("sqlite_url")
        yield Store.on(Database(url))
        return
    from tests.sql.servers import fresh_database

    server = request.getfixturevalue("postgresql")
    with fresh_database(server) as name:
        yield Store.on(Database(server.url(name, request.param)))
