"""Read rows on the connection of a driver, below that of SQLAlchemy."""

from __future__ import annotations

from typing import Any, Protocol

from pronghorn.sql.hops import HAS_HOPS, commit_all, fetch_all, hop
from pronghorn.sql.prepared.compiled import Values


class Driver(Protocol):
    """A driver whose connections read rows without SQLAlchemy.

    Attributes:
        says_types: Whether it says the types of columns, which decide how some are converted.
    """

    says_types: bool

    def has_begun(self, connection: Any) -> bool:
        """Return whether a statement on the connection belongs to the transaction of SQLAlchemy."""

    async def fetch(self, connection: Any, sql: str, values: Any) -> list[Any]:
        """Return the rows of a statement; the caller has checked `has_begun`."""

    async def fetch_alone(self, connection: Any, sql: str, values: Any) -> list[Any]:
        """Return the rows of a statement that is a transaction of its own, and only reads."""

    async def change_alone(self, connection: Any, sql: str, values: Any) -> list[Any]:
        """Return the rows of a statement that is a transaction of its own, and writes."""


class Asyncpg:
    """asyncpg, which keeps the statements of a connection prepared."""

    says_types = True

    def has_begun(self, connection: Any) -> bool:
        return bool(connection.is_in_transaction())

    async def fetch(self, connection: Any, sql: str, values: tuple[Any, ...]) -> list[Any]:
        rows: list[Any] = await connection.fetch(sql, *values)
        return rows

    fetch_alone = change_alone = fetch


class Psycopg:
    """psycopg, which begins a transaction before a statement unless `autocommit` is set."""

    says_types = True

    def has_begun(self, connection: Any) -> bool:
        return not connection.autocommit

    async def fetch(self, connection: Any, sql: str, values: dict[str, Any]) -> list[Any]:
        cursor = await connection.execute(sql, values, prepare=True)
        rows: list[Any] = await cursor.fetchall()
        return rows

    async def fetch_alone(self, connection: Any, sql: str, values: dict[str, Any]) -> list[Any]:
        if connection.autocommit:
            return await self.fetch(connection, sql, values)
        await connection.set_autocommit(True)
        try:
            return await self.fetch(connection, sql, values)
        finally:
            await connection.set_autocommit(False)

    change_alone = fetch_alone


class Aiosqlite:
    """aiosqlite, whose statements outside of a transaction are transactions of their own."""

    says_types = False

    def has_begun(self, connection: Any) -> bool:
        return True

    async def fetch(self, connection: Any, sql: str, values: tuple[Any, ...]) -> list[Any]:
        if has_nul(values):
            raise ValueError("SQLite's functions stop at the character NUL")
        if HAS_HOPS:
            return await hop(connection, fetch_all, sql, values)
        return list(await connection.execute_fetchall(sql, values))

    fetch_alone = fetch

    async def change_alone(self, connection: Any, sql: str, values: tuple[Any, ...]) -> list[Any]:
        return await hop(connection, commit_all, sql, values)


def has_nul(values: Values) -> bool:
    """Return whether a text has the character NUL, as `pronghorn.sql.diagnostics` refuses it."""
    return any(type(value) is str and "\0" in value for value in values)


#: By the names of the dialect and of the driver.
DRIVERS: dict[tuple[str, str], Driver] = {
    ("postgresql", "asyncpg"): Asyncpg(),
    ("postgresql", "psycopg"): Psycopg(),
    ("sqlite", "aiosqlite"): Aiosqlite(),
}
