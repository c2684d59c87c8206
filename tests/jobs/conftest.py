"""The databases of the tests of `sql`, and ones that have the tables of jobs already."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from pronghorn.jobs import Jobs
from pronghorn.sql import Database
from tests.jobs.program import Program
from tests.sql.conftest import (
    POSTGRESQL_DRIVERS,
    database,
    database_url,
    own_server,
    sqlite_url,
)
from tests.sql.servers import END_CONNECTIONS
from tools.postgresql import Server

#: The fixtures of others.
__all__ = ["database", "database_url", "own_server", "sqlite_url"]
#: Their rows are deleted before each test.
_OURS = """SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables
WHERE (schemaname = 'dbos' AND tablename NOT IN ('dbos_migrations', 'application_versions'))
OR tablename LIKE 'pronghorn_%'"""


async def _create_tables(url: str) -> None:
    db = Database(url)
    await Jobs(db).prepare()
    await db.dispose()


@pytest.fixture(scope="session")
def file_of_jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite with the tables of jobs."""
    path = tmp_path_factory.mktemp("jobs") / "jobs.db"
    asyncio.run(_create_tables(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def database_of_jobs(postgresql: Server) -> str:
    """The name of a database of PostgreSQL with the tables of jobs."""
    with psycopg.connect(postgresql.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE of_jobs")
    asyncio.run(_create_tables(postgresql.url("of_jobs", "psycopg")))
    return "of_jobs"


@pytest.fixture
def sqlite_of_jobs(file_of_jobs: Path, tmp_path: Path) -> str:
    """The URL of a file of SQLite with the tables of jobs."""
    shutil.copy(file_of_jobs, tmp_path / "jobs.db")
    return f"sqlite:///{tmp_path / 'jobs.db'}"


@pytest.fixture
async def sqlite_program(sqlite_of_jobs: str, anyio_backend: object) -> AsyncIterator[Program]:
    """A program on SQLite, without jobs."""
    program = Program(sqlite_of_jobs)
    yield program
    await program.db.dispose()


@pytest.fixture(params=["sqlite", *POSTGRESQL_DRIVERS])
def url_of_jobs(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database without jobs, on SQLite and on PostgreSQL with each driver."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_of_jobs")
        return
    server = request.getfixturevalue("postgresql")
    name = request.getfixturevalue("database_of_jobs")
    yield server.url(name, request.param)
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        connection.execute(END_CONNECTIONS)
        names = ", ".join(row[0] for row in connection.execute(_OURS))
        connection.execute(f"TRUNCATE {names} CASCADE")


@pytest.fixture
async def program(url_of_jobs: str, anyio_backend: object) -> AsyncIterator[Program]:
    """A program without jobs."""
    program = Program(url_of_jobs)
    yield program
    await program.db.dispose()
