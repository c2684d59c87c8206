"""Applications that keep their background tasks, and what they have kept."""

from __future__ import annotations

import asyncio
import pytest

from pronghorn.sql import Database
from tests.background.shop import DONE, Shop
from tests.sql.conftest import database as database
from tests.sql.conftest import database_url as database_url
from tests.sql.conftest import sqlite_url as sqlite_url


@pytest.fixture
def shop(database: Database) -> Shop:
    """A shop on an empty database, once for each driver."""
    shop = Shop(database)
    asyncio.run(shop.create_tables())
    return shop


@pytest.fixture
def small_shop(sqlite_url: str) -> Shop:
    """A shop on SQLite."""
    shop = Shop(Database(sqlite_url))
    asyncio.run(shop.create_tables())
    return shop


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    """Forget what tasks have done in this process."""
    DONE.clear()
