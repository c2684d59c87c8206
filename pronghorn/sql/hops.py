"""Run a function on a connection of SQLite in the thread of aiosqlite, which then needs one hop.

A hop to another thread and back takes longer than most statements. This one leads to the thread of
a connection; the functions of a program go to worker threads instead (`core/threads/hop.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from sqlite3 import Connection, Cursor
from typing import Any, TypeVar

from sqlalchemy.engine import URL

from pronghorn.core.private_names import has_names

T = TypeVar("T")
#: Whether this version of aiosqlite runs any function in its thread.
HAS_HOPS = has_names(
    "aiosqlite.core",
    ["Connection._conn", "Connection._execute"],
    "Statements on SQLite take longer.",
)


def hop(driver: Any, function: Callable[..., T], *arguments: Any) -> Awaitable[T]:
    """Run a function in the thread of a connection, and return its result.

    Args:
        driver: The connection of aiosqlite.
        function: The function; its first argument is the connection of `sqlite3`.
        arguments: Its further arguments.
    """
    running: Awaitable[T] = driver._execute(function, driver._conn, *arguments)
    return running


def fetch_all(connection: Connection, sql: str, values: tuple[Any, ...]) -> list[Any]:
    """Return all rows of a statement.

    A cursor that is left open after an error keeps the state of the database that it reads.
    """
    cursor: Cursor = connection.execute(sql, values)
    try:
        return cursor.fetchall()
    finally:
        cursor.close()


def commit_all(connection: Connection, sql: str, values: tuple[Any, ...]) -> list[Any]:
    """Return all rows of a statement that writes, and commit it.

    Outside of a transaction a statement commits itself, unless the program has told the driver to
    begin one.
    """
    try:
        rows = fetch_all(connection, sql, values)
        if connection.in_transaction:
            connection.commit()
    except BaseException:
        if connection.in_transaction:
            connection.rollback()
        raise
    return rows


def shares_cache(url: URL) -> bool:
    """Return whether connections to a database share their pages, and wait for each other.

    Each step of a statement locks the pages, so that a thread which reads holds up all others.
    """
    return "cache=shared" in url.render_as_string()
