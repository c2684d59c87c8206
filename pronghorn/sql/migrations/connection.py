"""Connect for a migration, and bound how long a statement waits for a lock."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from pronghorn.sql.connect import create_engines
from pronghorn.sql.database import Database
from pronghorn.sql.options import EngineOptions
from pronghorn.sql.startup import explain_connection

LOCK_TIMEOUT = 5.0
"""Seconds that a statement waits for a lock by default."""


@asynccontextmanager
async def connect(
    database: Database, lock_timeout: float = LOCK_TIMEOUT, *, reads: bool = False
) -> AsyncIterator[AsyncConnection]:
    """Open a connection beside the pool of the program.

    Args:
        database: The database.
        lock_timeout: Seconds that a statement waits for a lock; 0 for no limit.
        reads: Nothing is written, so a transaction of SQLite leaves writers alone.

    Raises:
        SetupError: The database does not answer.
    """
    engine = _create_engine(database, lock_timeout, "BEGIN" if reads else "BEGIN IMMEDIATE")
    try:
        if engine.dialect.name == "sqlite":
            _try_to_open(engine.sync_engine)
        connection = await engine.connect()
    except (SQLAlchemyError, OSError, sqlite3.Error) as error:
        raise explain_connection(engine.url, error) from error
    try:
        yield connection
    finally:
        await connection.close()
        await engine.dispose()


def _create_engine(database: Database, lock_timeout: float, begin: str) -> AsyncEngine:
    """Return an engine with the options of the program, and without the limits of its requests."""
    if database.engine.dialect.name == "sqlite":
        engine = create_async_engine(database.engine.url, poolclass=NullPool)
        _prepare_sqlite(engine.sync_engine, lock_timeout, begin)
        return engine
    unlimited: EngineOptions = {
        **database.options,
        "statement_timeout": 0,
        "idle_in_transaction_timeout": 0,
        "application_name": "pronghorn db",
    }
    engine = create_engines(database.url, **unlimited).write
    event.listen(engine.sync_engine, "begin", partial(_limit_waiting, lock_timeout))
    return engine


def _limit_waiting(seconds: float, connection: Connection) -> None:
    """Set the limit for one transaction, which also holds behind a pooler of connections.

    A statement outside of a transaction, such as CREATE INDEX CONCURRENTLY, does not block others
    while it waits, and leaves an invalid index if it is stopped.
    """
    outside = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    if connection.dialect.name == "postgresql" and not outside:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(seconds * 1000)}")


@contextmanager
def limits_everywhere(seconds: float) -> Iterator[None]:
    """Bound the waiting of every connection of this process, for an `env.py` with its own."""
    limit: Callable[..., None] = partial(_limit_waiting, seconds)
    event.listen(Engine, "begin", limit)
    try:
        yield
    finally:
        event.remove(Engine, "begin", limit)


def _prepare_sqlite(engine: Engine, seconds: float, begin: str) -> None:
    """Let SQLAlchemy's transactions be real ones, which the driver would begin too late.

    Foreign keys are off, because a table is altered by dropping it, which would delete the rows
    that refer to it. `transaction_around` checks them.
    """

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute(f"PRAGMA busy_timeout = {round(seconds * 1000) or 2**31 - 1}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _try_to_open(engine: Engine) -> None:
    """Open the file without aiosqlite, whose thread would outlive the event loop after an error."""
    (file, *_), options = engine.dialect.create_connect_args(engine.url)
    sqlite3.connect(file, uri=options.get("uri", False)).close()


class ForeignKeysBrokenError(Exception):
    """A migration has left rows that refer to rows which do not exist."""


@asynccontextmanager
async def transaction_around(connection: AsyncConnection) -> AsyncIterator[None]:
    """Run a block in one transaction on SQLite, where Alembic opens none.

    On other databases Alembic opens a transaction for each migration.

    Raises:
        ForeignKeysBrokenError: The block has broken foreign keys. It is rolled back.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    async with connection.begin():
        before = await _broken_keys(connection)
        yield
        new = await _broken_keys(connection) - before
        if new:
            table, _, parent, _ = min(new, key=repr)
            rows = "1 row" if len(new) == 1 else f"{len(new)} rows, for example"
            raise ForeignKeysBrokenError(
                f"{rows} in {table} would refer to rows of {parent} that do not exist"
            )


async def _broken_keys(connection: AsyncConnection) -> set[Any]:
    found = await connection.exec_driver_sql("PRAGMA foreign_key_check")
    return {tuple(row) for row in found}
