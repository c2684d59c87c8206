"""Applications that keep their background tasks, and what they have kept."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from pronghorn.sql import Database
from tests.background.shop import DONE, Shop
from tests.sql import conftest as of_sql

database_url, sqlite_url = of_sql.database_url, of_sql.sqlite_url


@pytest.fixture
def shop(database_url: str) -> Shop:
    """A shop on an empty database, once for each driver."""
    shop = Shop(Database(database_url))
    asyncio.run(shop.create_tables())
    return shop


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite with all tables, which tests copy."""
    file = tmp_path_factory.mktemp("shop") / "shop.db"
    asyncio.run(Shop(Database(f"sqlite:///{file}")).create_tables())
    return file


@pytest.fixture
def small_shop(prepared_file: Path, tmp_path: Path) -> Shop:
    """A shop on SQLite."""
    shutil.copy(prepared_file, tmp_path / "shop.db")
    return Shop(Database(f"sqlite:///{tmp_path / 'shop.db'}"))


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    """Forget what tasks have done in this process."""
    DONE.clear()
