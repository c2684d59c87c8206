"""The tables of DBOS, which a file of SQLite keeps beside those of the program."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from typing import Any

from sqlalchemy import MetaData, inspect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import SetupError
from pronghorn.jobs.dbos_connections import ask_password, find_url, password_function
from pronghorn.jobs.dbos_import import import_dbos
from pronghorn.jobs.dbos_rows import SCHEMA
from pronghorn.sql import Database

#: The tables of DBOS in a file of SQLite, which has no schemas.
TABLES = frozenset(
    {
        "application_versions",
        "dbos_migrations",
        "notifications",
        "operation_outputs",
        "queues",
        "streams",
        "workflow_events",
        "workflow_events_history",
        "workflow_input",
        "workflow_output",
        "workflow_schedules",
        "workflow_status",
    }
)
_MARK = "dbos_migrations"
#: From Python 3.12 on, DBOS reads the clock with a function of this release of SQLite.
_SQLITE = (3, 42)


async def create_tables(database: Database) -> None:
    """Create or change the tables; several processes may do so at once.

    Raises:
        SetupError: A table of the program has the name of one of DBOS, or SQLite is too old.
    """
    url = find_url(database)
    if url.get_backend_name() == "sqlite":
        _check_release()
        _check_models(database.metadata)
        async with database.engine.connect() as connection:
            await _check_file(connection)
    ask = password_function(database)
    if ask is not None:
        url = url.set(password=await ask_password(ask))
    await asyncio.to_thread(import_dbos().DBOS.migrate, url.render_as_string(hide_password=False))


async def has_tables(session: AsyncSession) -> bool:
    """Return whether the tables are there."""
    connection = await session.connection()
    schema = SCHEMA if connection.dialect.name == "postgresql" else None
    return await connection.run_sync(lambda plain: inspect(plain).has_table(_MARK, schema=schema))


def _check_release() -> None:
    if sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < _SQLITE:
        raise setup_error(
            f"Jobs need SQLite 3.42 on this Python, which has {sqlite3.sqlite_version}",
            "Python was built with the library of an older system",
            "a newer build of Python, or a database of PostgreSQL",
        )


def _check_models(metadata: Any) -> None:
    groups = [metadata] if isinstance(metadata, MetaData) else list(metadata or ())
    taken = {table.name for group in groups for table in group.tables.values()}
    if taken & TABLES:
        raise _collision(taken & TABLES)


async def _check_file(connection: AsyncConnection) -> None:
    names = set(await connection.run_sync(lambda plain: inspect(plain).get_table_names()))
    if _MARK not in names and names & TABLES:
        raise _collision(names & TABLES)


def _collision(names: set[str]) -> SetupError:
    shown = ", ".join(sorted(names))
    return setup_error(
        f"The program has {'a table' if len(names) == 1 else 'tables'} {shown}, and the engine of "
        "jobs needs the name for itself",
        "the database is a file of SQLite, which has no schemas to keep them apart",
        f'__tablename__ = "app_{min(names)}", or a database of PostgreSQL',
    )
