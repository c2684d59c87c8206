"""Streams of SQLite end with the transaction that they read in.

SQLite keeps the state of the database that a statement reads until the statement is over, also
after a COMMIT. A connection with a stream that nobody has read to its end would go back to the pool
with that state: whoever uses it next would read old rows, and the log would grow.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy.ext.asyncio import AsyncEngine

from pronghorn.sql.protection import ENDS


def end_streams(engine: AsyncEngine) -> None:
    """Let COMMIT and ROLLBACK close the streams that are still open.

    Args:
        engine: A new engine whose transactions only read, with its operations protected.
    """
    dialect: Any = engine.dialect
    contexts: Any = dialect.execution_ctx_cls
    opened: WeakKeyDictionary[Any, WeakSet[Any]] = WeakKeyDictionary()

    def create_server_side_cursor(self: Any) -> Any:
        cursor = contexts.create_server_side_cursor(self)
        driver = self.root_connection.connection.driver_connection
        opened.setdefault(driver, WeakSet()).add(cursor)
        return cursor

    def close_before(end: Callable[[Any], None]) -> Callable[[Any], None]:
        def run(connection: Any) -> None:
            try:
                for cursor in tuple(opened.pop(connection.driver_connection, ())):
                    with suppress(Exception):  # It is closed already.
                        cursor.close()
            finally:
                end(connection)

        return run

    changes = {"create_server_side_cursor": create_server_side_cursor}
    dialect.execution_ctx_cls = type(contexts.__name__, (contexts,), changes)
    for name in ENDS:
        setattr(dialect, name, close_before(getattr(dialect, name)))
