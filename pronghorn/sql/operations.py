"""The operations of a dialect as awaitables, so that something can be put around their waits.

A dialect's function waits by SQLAlchemy's `await_only`. To put something around that, it runs in a
greenlet of its own. For asyncpg that is not needed: its functions await one coroutine, which is
called here instead.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import greenlet_spawn

from pronghorn.core.monkeypatches import is_defined_by
from pronghorn.core.private_names import has_names

#: Returns the awaitable of an operation with these arguments.
Operation = Callable[..., Awaitable[Any]]
ASYNCPG = "sqlalchemy.dialects.postgresql.asyncpg"
_NAMES = (
    "AsyncAdapt_asyncpg_cursor._prepare_and_execute",
    "AsyncAdapt_asyncpg_connection._call_and_discard",
    "AsyncAdapt_asyncpg_connection._handle_exception",
    "AsyncAdapt_asyncpg_connection._transaction",
)


def find_operation(dialect: Dialect, name: str) -> Operation:
    """Return a function of a dialect as one that returns an awaitable.

    Args:
        dialect: The dialect of a new engine.
        name: The name of the function, such as `do_execute`.
    """
    operation = getattr(dialect, name)
    nested = _nest(operation)
    is_plain = getattr(operation, "__func__", None) is getattr(DefaultDialect, name, None)
    if name not in _DIRECT or not is_plain or not _calls_asyncpg(dialect):
        return nested
    return _DIRECT[name](sys.modules[ASYNCPG], nested)


def _nest(operation: Callable[..., Any]) -> Operation:
    return lambda *arguments: greenlet_spawn(operation, *arguments)


def _calls_asyncpg(dialect: Dialect) -> bool:
    """Return whether the dialect calls asyncpg as in the tested versions."""
    if dialect.driver != "asyncpg" or type(dialect).__module__ != ASYNCPG:
        return False
    return has_names(ASYNCPG, _NAMES, "Statements of sessions on PostgreSQL take longer.")


def _execute(module: Any, nested: Operation) -> Operation:
    kind = module.AsyncAdapt_asyncpg_cursor
    original = _find_original(kind, "execute")

    def run(cursor: Any, statement: str, *arguments: Any) -> Awaitable[Any]:
        if type(cursor) is not kind or kind.execute is not original:
            return nested(cursor, statement, *arguments)
        parameters = arguments[0] if len(arguments) > 1 else None  # The last one is the context.
        work: Awaitable[Any] = cursor._prepare_and_execute(statement, parameters)
        return work

    return run


def _end_transaction(name: str) -> Callable[[Any, Operation], Operation]:
    def make(module: Any, nested: Operation) -> Operation:
        kind = module.AsyncAdapt_asyncpg_connection
        original = _find_original(kind, name)

        def run(connection: Any) -> Awaitable[Any]:
            adapted = getattr(connection, "dbapi_connection", connection)
            if type(adapted) is not kind or getattr(kind, name) is not original:
                return nested(connection)
            return _end(adapted, name)

        return run

    return make


def _find_original(kind: type[Any], name: str) -> object:
    """Return the method of a class of SQLAlchemy; nothing equal if somebody has replaced it."""
    found = getattr(kind, name)
    return found if is_defined_by(found, ASYNCPG) else object()


async def _end(adapted: Any, name: str) -> None:
    """End the transaction of a connection, if it has begun."""
    transaction = adapted._transaction
    if transaction is None:
        return
    try:
        await adapted._call_and_discard(getattr(transaction, name))
    except Exception as error:  # noqa: BLE001  # SQLAlchemy's own error is raised.
        adapted._handle_exception(error)


#: Function of a dialect -> what returns it without a greenlet.
_DIRECT: dict[str, Callable[[Any, Operation], Operation]] = {
    "do_execute": _execute,
    "do_execute_no_params": _execute,
    "do_commit": _end_transaction("commit"),
    "do_rollback": _end_transaction("rollback"),
}
