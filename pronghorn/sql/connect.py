"""Engines: a URL becomes a pool of connections, with the settings that each database needs."""

from __future__ import annotations

import asyncio
from typing import NamedTuple, Unpack, cast

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from pronghorn.sql.options import EngineOptions, check_options
from pronghorn.sql.postgresql import create_postgresql_engines
from pronghorn.sql.urls import complete_url


class Engines(NamedTuple):
    """The engines of one database.

    Attributes:
        write: Its transactions may write.
        read: Its transactions only read. The database refuses a statement of theirs that writes.
    """

    write: AsyncEngine
    read: AsyncEngine

    def distinct(self) -> tuple[AsyncEngine, ...]:
        """Return both, or only one if they have the same connections."""
        return (self.write,) if self.write.pool is self.read.pool else (self.write, self.read)


def create_engines(url: str | URL, **options: Unpack[EngineOptions]) -> Engines:
    """Return the engines of a database; the first statement opens the first connection.

    Args:
        url: The URL of an SQLite or a PostgreSQL database. Its driver may be left out.
        **options: See `EngineOptions`.

    Raises:
        SetupError: The URL or its driver cannot be used; the message says what to write.
    """
    check_options(options)
    found = complete_url(url)
    if found.get_backend_name() == "sqlite":
        # Programs with another database need no adapter of SQLite.
        from pronghorn.sql.sqlite import create_sqlite_engines

        return Engines(*create_sqlite_engines(found, options))
    return Engines(*create_postgresql_engines(found, options))


async def close_engines(engines: Engines, seconds: float = 5.0) -> None:
    """Close all connections, each after its statement.

    Args:
        engines: The engines, which may be used again afterwards.
        seconds: How long to wait for connections that are in use. Later they are closed when they
            are given back.
    """
    pools = {cast("QueuePool", engine.pool) for engine in engines}
    for _ in range(round(seconds * 50)):
        if not any(pool.checkedout() for pool in pools):
            break
        await asyncio.sleep(0.02)  # A pool has no event for its last connection.
    busy = [pool for pool in pools if pool.checkedout()]
    for engine in engines.distinct():
        await engine.dispose()
    for pool in busy:
        event.listen(pool, "checkin", _close_connection)


def _close_connection(_: object, record: ConnectionPoolEntry) -> None:
    """Close a connection that is given back to a pool after its end."""
    record.invalidate()
