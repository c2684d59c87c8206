"""Statements of SQLite in one hop to their thread: the cursor, the statement, its rows and its end.

SQLAlchemy's adapter of aiosqlite takes a hop for each of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from sqlite3 import Connection, Error
from typing import Any

from sqlalchemy.dialects.sqlite import aiosqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only

from pronghorn.core.private_names import has_names
from pronghorn.sql.hops import HAS_HOPS, hop
from pronghorn.sql.uncancelled import finish

_MODULE = "sqlalchemy.dialects.sqlite.aiosqlite"
#: Whether SQLAlchemy's adapter asks these names as the tested versions do.
FITS = HAS_HOPS and has_names(
    _MODULE,
    [
        "AsyncAdapt_aiosqlite_connection._cursor_cls",
        "AsyncAdapt_aiosqlite_connection._handle_exception",
        "AsyncAdapt_aiosqlite_cursor._adapt_connection",
        "AsyncAdapt_aiosqlite_cursor._async_soft_close",
        "AsyncAdapt_aiosqlite_cursor._cursor",
        "AsyncAdapt_aiosqlite_cursor._rows",
        "AsyncAdapt_aiosqlite_cursor._soft_closed_memoized",
    ],
    "Statements on SQLite take longer.",
)


class _Outcome:
    """The outcome of a statement, under the names that the cursor of a driver has for it.

    Attributes:
        description: The columns of the rows, None if the statement has none.
        rowcount: How many rows the statement has changed.
        lastrowid: The number of the row that it has added.
        arraysize: How many rows `fetchmany` returns.
    """

    def __init__(
        self, description: Any = None, rowcount: int = -1, lastrowid: int | None = None
    ) -> None:
        self.description = description
        self.rowcount = rowcount
        self.lastrowid = lastrowid
        self.arraysize = 1


def _run(
    connection: Connection, method: str, arguments: tuple[Any, ...]
) -> tuple[_Outcome, list[Any]]:
    """Run a statement to its end, in the thread of the connection."""
    cursor = connection.cursor()
    try:
        getattr(cursor, method)(*arguments)
        rows = cursor.fetchall() if cursor.description else []
        return _Outcome(cursor.description, cursor.rowcount, cursor.lastrowid), rows
    finally:
        cursor.close()


class OneHopCursor(aiosqlite.AsyncAdapt_aiosqlite_cursor):
    """A cursor whose statements end before a cancellation of their task goes on."""

    __slots__ = ()

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection = adapt_connection
        self._cursor: Any = _Outcome()
        self._rows: deque[Any] = deque()
        self._soft_closed_memoized: Any = {}

    def execute(self, operation: Any, parameters: Any = None) -> None:
        """Run a statement, and keep its rows."""
        self._hop("execute", (operation,) if parameters is None else (operation, parameters))

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        """Run a statement for each of several rows of parameters."""
        self._hop("executemany", (operation, seq_of_parameters))

    def close(self) -> None:
        """Forget the rows."""
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """Return: nothing is open."""

    def _hop(self, method: str, arguments: tuple[Any, ...]) -> None:
        connection, arraysize = self._adapt_connection, self._cursor.arraysize
        try:
            running = hop(connection.driver_connection, _run, method, arguments)
            self._cursor, rows = await_only(finish(running))
        except Exception as error:  # noqa: BLE001  # It is raised again, maybe as another one.
            connection._handle_exception(error)
        self._cursor.arraysize = arraysize
        self._rows = deque(rows)


class OneHopConnection(aiosqlite.AsyncAdapt_aiosqlite_connection):
    """A connection whose cursors are `OneHopCursor`, but for those of streams."""

    __slots__ = ()
    _cursor_cls = OneHopCursor


def use_one_hop(engine: AsyncEngine) -> None:
    """Let the connections of an engine make cursors that take one hop.

    Args:
        engine: A new engine of aiosqlite, before its other preparations.
    """
    if not FITS:
        return
    dialect: Any = engine.dialect
    open_connection = dialect.connect

    def connect(*arguments: Any, **options: Any) -> Any:
        adapted = open_connection(*arguments, **options)
        if type(adapted) is not aiosqlite.AsyncAdapt_aiosqlite_connection:
            return adapted
        return OneHopConnection(adapted.dbapi, adapted.driver_connection)

    dialect.connect = connect


def protect_other_cursors(
    plain: Callable[..., Any], protected: Callable[..., Any]
) -> Callable[..., Any]:
    """Return a function of a dialect that protects a statement only if its cursor does not.

    Args:
        plain: The function of the dialect, whose first argument is the cursor.
        protected: The function that lets the statement end when its task is cancelled.
    """

    def run(cursor: Any, *arguments: Any) -> Any:
        chosen = plain if type(cursor) is OneHopCursor else protected
        return chosen(cursor, *arguments)

    return run


class Counting:
    """A connection of aiosqlite that says whether its thread has something to do.

    A statement whose task was cancelled runs on in the thread, and another task may send one.
    """

    begun = 0  # Only the event loop changes this one,
    ended = 0  # and only the thread of the connection this one.

    async def _execute(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        def run() -> Any:
            try:
                return function(*arguments, **options)
            finally:
                self.ended += 1

        self.begun += 1
        return await super()._execute(run)  # type: ignore[misc]


@cache
def _make_counting(kind: type[Any]) -> type[Any]:
    return type(kind.__name__, (Counting, kind), {})


def count_operations(engine: AsyncEngine) -> None:
    """Let the connections of an engine count their operations, as `run_at_once` needs it.

    Args:
        engine: A new engine of aiosqlite, before its other preparations.
    """
    dialect: Any = engine.dialect
    open_connection = dialect.connect

    def connect(*arguments: Any, **options: Any) -> Any:
        adapted = open_connection(*arguments, **options)
        driver = adapted.driver_connection
        with suppress(TypeError):  # The program's own kind of connection may not allow it.
            kind: Any = type(driver)
            driver.__class__ = _make_counting(kind)
        return adapted

    dialect.connect = connect


def is_busy(driver: Any) -> bool:
    """Return whether the thread of a connection has something to do."""
    return isinstance(driver, Counting) and driver.begun != driver.ended


def run_at_once(driver: Any, statement: str) -> bool:
    """Run a statement that waits for nothing in this thread, and return whether it has succeeded.

    A connection does one thing at a time, so it has to be idle.

    Args:
        driver: A connection of aiosqlite that other threads may use.
        statement: BEGIN, or COMMIT or ROLLBACK of a transaction that has only read.
    """
    if not isinstance(driver, Counting) or is_busy(driver):
        return False
    with suppress(Error, ValueError):
        driver._conn.execute(statement)  # type: ignore[attr-defined]
        return True
    return False
