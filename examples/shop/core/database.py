"""The database: one SQLite file, reached through SQLAlchemy's asynchronous engine."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from shop.models import Base


class Database:
    """Owns the engine and its connections, from startup to shutdown."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(file)))
        event.listen(self._engine.sync_engine, "connect", _prepare_connection)
        # Rows stay readable after the commit, when the response is built from them.
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    def session(self) -> AsyncSession:
        """Return a new session. It takes a connection at its first statement, not before."""
        return self._sessions()

    async def create_tables(self) -> None:
        """Create the tables that do not exist yet."""
        async with self._engine.begin() as connection:
            # Takes the write lock first: of several workers that start together, one creates.
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
            await connection.run_sync(Base.metadata.create_all)

    async def dispose(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _prepare_connection(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Set what SQLite forgets with every connection."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")  # Off by default, for old programs' sake.
    cursor.execute("PRAGMA journal_mode = WAL")  # Readers do not wait for the writer.
    cursor.execute("PRAGMA busy_timeout = 5000")  # Milliseconds a writer waits for its turn.
    cursor.close()
