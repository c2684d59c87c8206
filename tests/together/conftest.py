"""Programs with all batteries, each on an empty database."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sql.servers import fresh_database
from tests.together.program import DONE, Program
from tools.postgresql import Server


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    """Forget what tasks have done in this process."""
    DONE.clear()


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite with all tables, which tests copy."""
    file = tmp_path_factory.mktemp("shop") / "shop.db"
    asyncio.run(Program(f"sqlite:///{file}").create_tables())
    return file


@pytest.fixture
def sqlite_url(prepared_file: Path, tmp_path: Path) -> str:
    """The URL of a file of SQLite with all tables."""
    shutil.copy(prepared_file, tmp_path / "shop.db")
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture(params=["sqlite", "asyncpg"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with all tables, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server = request.getfixturevalue("postgresql")
    with fresh_database(server) as name:
        found = Server.url(server, name, "asyncpg")
        asyncio.run(Program(found).create_tables())
        yield found
