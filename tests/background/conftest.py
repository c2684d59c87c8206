"""Applications that keep their background tasks, and what they have kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pronghorn import FastAPI
from pronghorn.jobs import Jobs
from pronghorn.sql import Database
from tests.background.shop import Shop
from tests.sql.conftest import database as database
from tests.sql.conftest import database_url as database_url
from tests.sql.conftest import sqlite_url as sqlite_url


@pytest.fixture
def shop(database: Database) -> Iterator[Shop]:
    """A shop on an empty database, once for each driver."""
    shop = Shop(database)
    asyncio.run(shop.create_tables())
    yield shop
    asyncio.run(database.dispose())


@pytest.fixture
def small_shop(sqlite_url: str) -> Iterator[Shop]:
    """A shop on SQLite."""
    database = Database(sqlite_url)
    shop = Shop(database)
    asyncio.run(shop.create_tables())
    yield shop
    asyncio.run(database.dispose())


Make = Callable[..., FastAPI]


@pytest.fixture
def jobs(small_shop: Shop) -> Jobs:
    """The jobs of the shop on SQLite."""
    found: Any = small_shop.jobs
    return found
