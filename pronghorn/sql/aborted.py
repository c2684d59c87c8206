"""Transactions that a failed statement has aborted, which PostgreSQL would not commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import Dialect, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

#: Dialect -> the connections of the driver of which a statement has failed since the last COMMIT.
_DOUBTFUL: WeakKeyDictionary[Dialect, WeakSet[Any]] = WeakKeyDictionary()


def refuse_aborted_commits(engine: AsyncEngine) -> None:
    """Let a COMMIT fail that would roll back.

    After a statement has failed, PostgreSQL answers a COMMIT by a ROLLBACK, and that is no error. A
    program that has caught the error of the statement would lose all its changes in silence.

    Args:
        engine: A new engine of PostgreSQL, with the operations already protected.
    """
    dialect: Any = engine.dialect
    doubtful = _DOUBTFUL[dialect] = WeakSet()
    commit: Callable[[Any], None] = dialect.do_commit

    def commit_or_fail(connection: Any) -> None:
        if doubtful and connection.driver_connection in doubtful:
            doubtful.discard(connection.driver_connection)
            _ask(connection)
        commit(connection)

    def note(context: ExceptionContext) -> None:
        if context.connection is not None and not context.connection.invalidated:
            note_failure(context.connection.dialect, context.connection.connection)

    dialect.do_commit = commit_or_fail
    event.listen(engine.sync_engine, "handle_error", note)


def note_failure(dialect: Dialect, connection: Any) -> None:
    """Note that a statement has failed, so that a COMMIT asks whether its transaction is alive.

    Args:
        dialect: The dialect of the engine.
        connection: The connection of the pool.
    """
    doubtful = _DOUBTFUL.get(dialect)
    if doubtful is not None and connection.driver_connection is not None:
        doubtful.add(connection.driver_connection)


def _ask(connection: Any) -> None:
    """Send a statement, which fails in an aborted transaction, and not after a savepoint."""
    cursor = connection.cursor()
    try:
        cursor.execute("SELECT 1")
    finally:
        cursor.close()
