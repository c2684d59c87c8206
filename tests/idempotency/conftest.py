"""The databases of the tests of `sql`: a file of SQLite, and PostgreSQL with each driver."""

from collections.abc import AsyncIterator

import pytest

from pronghorn.sql import Database
from tests.sql.conftest import database_url, postgresql_url, sqlite_url

__all__ = ["database_url", "postgresql_url", "sqlite_url"]


@pytest.fixture
async def database(database_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """An empty database, whose connections are closed after the test."""
    found = Database(database_url)
    yield found
    await found.dispose()
