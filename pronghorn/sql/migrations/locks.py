"""Let one process migrate a database at a time, and name those that hold its locks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from pronghorn.sql.database import Database
from pronghorn.sql.migrations.connection import connect

#: Any number that no other program uses for a lock of the same database.
KEY = 7_020_863_401_559

_HOLDER = text(
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND classid = :high AND objid = :low"
).bindparams(high=KEY >> 32, low=KEY & 0xFFFFFFFF)
_OLDEST = text(
    "SELECT pid, application_name, state, round(extract(epoch from now() - xact_start)) "
    "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 1"
)


@asynccontextmanager
async def migrate_alone(database: Database, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Wait until no other process migrates the database, and keep others out.

    On PostgreSQL this is an advisory lock of a connection of its own, so it ends with the process.
    On SQLite the transaction around each migration keeps others out.

    Args:
        database: The database.
        say: Called with a line for the user if it waits.
    """
    if database.engine.dialect.name != "postgresql":
        yield
        return
    async with connect(database) as opened:
        connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
        await _take_lock(connection, say)
        try:
            yield
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": KEY})


async def _take_lock(connection: AsyncConnection, say: Callable[[str], None]) -> None:
    has_waited = False
    take = text("SELECT pg_try_advisory_lock(:key)")
    while not await connection.scalar(take, {"key": KEY}):
        if not has_waited:
            holder = await connection.scalar(_HOLDER)
            say(f"waiting for another migration of this database (server process {holder})")
        has_waited = True
        await asyncio.sleep(0.2)


async def describe_oldest_transaction(database: Database) -> str:
    """Return the oldest open transaction, which probably holds the lock; empty if unknown."""
    if database.engine.dialect.name != "postgresql":
        return ""
    async with connect(database, reads=True) as connection:
        row: Any = (await connection.execute(_OLDEST)).first()
    if row is None:
        return ""
    pid, name, state, seconds = row
    program = f" of {name}" if name else ""
    return (
        f"The oldest open transaction is server process {pid}{program}, {state}, open for "
        f"{int(seconds)} s; to end it: SELECT pg_terminate_backend({pid})"
    )
