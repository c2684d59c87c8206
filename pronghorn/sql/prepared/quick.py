"""Connections of SQLite for short reads in the thread of the event loop.

A statement that takes a few microseconds is not worth two changes of threads. SQLite asks us every
few steps whether a statement may go on, so one that takes longer is stopped, and what has only read
can be repeated elsewhere.
"""

from __future__ import annotations

import sqlite3
from time import perf_counter
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pronghorn.core.private_names import has_names
from pronghorn.sql.prepared.pace import CERTAIN, DOUBTFUL

#: How long a read may keep the event loop from other tasks.
BUDGET_SECONDS = 0.001
#: SQLite asks after so many steps of its virtual machine, which take a few microseconds.
STEPS = 100
#: A read that was asked so often has worked, and has not only waited for the machine.
CERTAINLY_ASKED = 50
#: A longer text, BLOB or row would take its time within one step.
LARGEST_VALUE = 64 * 1024
HAS_CONNECTION = has_names(
    "aiosqlite.core",
    ["Connection._conn"],
    "Prepared reads on SQLite take longer, because each goes to a thread.",
)
#: A longer pattern of LIKE or GLOB is compared with a long text for too long, within one step.
LONGEST_PATTERN = 64
#: Steps that read a whole table, or run code of a virtual table, without asking us.
_ENDLESS_STEPS = {"Count", "VFilter", "VNext"}
#: Functions that compare two long texts in a time that is the product of their lengths, or that
#: run a pattern of Python.
_ENDLESS_FUNCTIONS = {"instr", "regexp", "replace"}
#: What SQLAlchemy adds to each connection.
_OF_SQLALCHEMY = {"regexp", "floor"}


class QuickConnection:
    """A connection that only reads, for one thread at a time.

    Args:
        driver: The connection of aiosqlite, which nobody else uses.

    Attributes:
        took: The seconds of the last read.
        owed: What the read owes the event loop, see `Pace`; 0 if it has kept its budget.
    """

    __slots__ = ("_asked", "_deadline", "_driver", "_raw", "owed", "took")

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._raw: sqlite3.Connection = driver._conn
        self._deadline = 0.0
        self._asked = 0
        self.took = 0.0
        self.owed = 0

    def read(self, sql: str, values: tuple[Any, ...]) -> list[Any] | None:
        """Return the rows of a statement; None if it has to be repeated where it may wait."""
        rows: list[Any] | None = None
        too_large = False
        self._asked = 0
        begun = perf_counter()
        self._deadline = begun + BUDGET_SECONDS
        try:
            rows = self._raw.execute(sql, values).fetchall()
        except Exception as error:  # noqa: BLE001  # The repetition raises it, as SQLAlchemy does.
            too_large = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_TOOBIG
        self.took = perf_counter() - begun
        self.owed = 0
        if too_large or self.took > BUDGET_SECONDS:
            self.owed = CERTAIN if too_large or self._asked > CERTAINLY_ASKED else DOUBTFUL
        return rows

    def suits(self, sql: str, values: tuple[Any, ...]) -> bool | None:
        """Return whether each step of a statement is short; None if it cannot be prepared."""
        steps = self.read(f"EXPLAIN {sql}", values)
        if steps is None:
            return None
        return not any(
            step in _ENDLESS_STEPS or str(detail).partition("(")[0] in _ENDLESS_FUNCTIONS
            for _, step, _, _, _, detail, *_ in steps
        )

    async def set_up(self) -> bool:
        """Set the limits, in the thread of the driver; return whether the connection is usable."""
        driver = self._driver
        if await self._ask("PRAGMA journal_mode") != [("wal",)] or driver.in_transaction:
            return False  # A reader would wait for a writer, or would see the same rows for ever.
        if not await self._has_only_known_code():
            return False
        await driver.execute_fetchall("SELECT count(*) FROM sqlite_master")  # Reads the schema.
        await driver.execute_fetchall("PRAGMA busy_timeout = 0")
        await driver.set_progress_handler(self._is_overdue, STEPS)
        if self.read("SELECT 1", ()) is None:
            return False  # The program allows the thread of the driver only.
        self._raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
        self._raw.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LONGEST_PATTERN)
        return True

    async def close(self) -> None:
        """Close the connection, and end its thread."""
        await self._driver.close()

    def _is_overdue(self) -> bool:
        self._asked += 1
        return perf_counter() > self._deadline

    async def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self._driver.execute_fetchall(sql)]

    async def _has_only_known_code(self) -> bool:
        """Return whether no function or collation is the program's: it may wait, or count calls."""
        functions = set(await self._ask("PRAGMA function_list"))
        collations = {name for _, name in await self._ask("PRAGMA collation_list")}
        plain = sqlite3.connect(":memory:")
        try:
            known = set(plain.execute("PRAGMA function_list"))
            known_collations = {name for _, name in plain.execute("PRAGMA collation_list")}
        finally:
            plain.close()
        names = {str(row[0]) for row in functions ^ known}
        return bool(functions) and names <= _OF_SQLALCHEMY and collations <= known_collations


async def open_quickly(engine: AsyncEngine) -> QuickConnection | None:
    """Return a new connection; None if the database, or what the program does with it, forbids it.

    The engine opens it, so that events and options of the program count, and then forgets it.
    """
    pooled = await engine.raw_connection()
    driver: Any = pooled.driver_connection
    pooled.detach()
    usable = False
    try:
        if isinstance(driver._conn, sqlite3.Connection):
            opened = QuickConnection(driver)
            usable = await opened.set_up()
            if usable:
                return opened
    finally:
        if not usable:
            await driver.close()
    return None
