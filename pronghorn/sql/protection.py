"""The operations of an engine that end before a cancellation: statements, COMMIT, ROLLBACK."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only, greenlet_spawn

from pronghorn.sql.idle import skip_needless_rollback
from pronghorn.sql.operations import Operation, find_operation
from pronghorn.sql.uncancelled import UnansweredError, finish, has_finished, postpone_cancellation

STATEMENTS = ("do_execute", "do_execute_no_params", "do_executemany")
ENDS = ("do_commit", "do_rollback")
#: Dialect -> how long an operation may take, and what cuts its connection, for prepared reads.
LIMITS: WeakKeyDictionary[Dialect, tuple[float | None, Callable[[Any], object]]]
LIMITS = WeakKeyDictionary()


def protect_operations(
    engine: AsyncEngine, seconds: float | None, cut: Callable[[Any], object]
) -> None:
    """Let each operation of an engine end before a cancellation of its task goes on.

    Args:
        engine: A new engine.
        seconds: The time after which the connection of an operation is cut.
        cut: Cuts a connection of the driver, so that what waits for it fails.
    """
    dialect: Any = engine.dialect
    LIMITS[dialect] = seconds, cut
    for name in STATEMENTS:
        operation = find_operation(dialect, name)
        setattr(dialect, name, _protect_statement(operation, seconds, cut))
    for name in ENDS:
        setattr(dialect, name, _protect(find_operation(dialect, name), seconds, cut))
    dialect.do_rollback = skip_needless_rollback(dialect, dialect.do_rollback)
    dialect.execution_ctx_cls = _protect_cursors(dialect.execution_ctx_cls, seconds, cut)
    event.listen(engine.sync_engine, "handle_error", _keep_connection)


def protect(
    operation: Callable[..., Any], seconds: float | None, cut: Callable[[Any], object]
) -> Callable[..., Any]:
    """Return a function of a dialect, whose argument is a connection, that ends when cancelled.

    SQLAlchemy would throw a connection away whose ROLLBACK raises a cancellation.
    """
    return _protect(lambda connection: greenlet_spawn(operation, connection), seconds, cut)


def _protect(
    operation: Operation, seconds: float | None, cut: Callable[[Any], object]
) -> Callable[..., Any]:
    def run(connection: Any) -> Any:
        def give_up() -> None:
            cut(connection.driver_connection)

        return await_only(postpone_cancellation(operation(connection), seconds, give_up))

    return run


def protect_connecting(engine: AsyncEngine, seconds: float | None = None) -> None:
    """Let an engine open connections in a given time, also if the task is cancelled meanwhile.

    The connection is complete then, and somebody else may use it.
    """
    dialect: Any = engine.dialect
    open_connection = dialect.connect

    def connect(*arguments: Any, **options: Any) -> Any:
        opening = greenlet_spawn(open_connection, *arguments, **options)
        try:
            return await_only(postpone_cancellation(opening, seconds))
        except UnansweredError:
            text = f"the server has not answered within {seconds:g} s"
            raise dialect.loaded_dbapi.OperationalError(text) from None

    dialect.connect = connect
    # SQLAlchemy's preparations of a new connection of asyncpg.
    for name in ("setup_asyncpg_json_codec", "setup_asyncpg_jsonb_codec"):
        if hasattr(dialect, name):
            setattr(dialect, name, _postpone(getattr(dialect, name)))


def _postpone(prepare: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    return lambda connection: postpone_cancellation(prepare(connection))


def _protect_statement(
    operation: Operation, seconds: float | None, cut: Callable[[Any], object]
) -> Callable[..., Any]:
    """Return a function of a dialect, whose last argument is the context, that ends."""

    def run(*arguments: Any) -> Any:
        context = arguments[-1]
        waiting = operation(*arguments)
        return await_only(finish(waiting, seconds, lambda: cut(_driver_of(context))))

    return run


def _driver_of(context: Any) -> Any:
    return context.root_connection.connection.driver_connection


def _protect_cursors(
    contexts: type[Any], seconds: float | None, cut: Callable[[Any], object]
) -> type[Any]:
    """Return a class of execution contexts whose server-side cursors end each fetch."""

    def create_server_side_cursor(self: Any) -> Any:
        cursor = contexts.create_server_side_cursor(self)
        return _Cursor(cursor, seconds, lambda: cut(_driver_of(self)))

    changes = {"create_server_side_cursor": create_server_side_cursor}
    return type(contexts.__name__, (contexts,), changes)


class _Cursor:
    """A server-side cursor whose operations end before a cancellation goes on."""

    def __init__(self, cursor: Any, seconds: float | None, give_up: Callable[[], object]) -> None:
        vars(self).update(_cursor=cursor, _seconds=seconds, _give_up=give_up)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._cursor, name, value)

    def fetchone(self) -> Any:
        return self._finish(self._cursor.fetchone)

    def fetchmany(self, *size: int) -> Any:
        return self._finish(self._cursor.fetchmany, *size)

    def fetchall(self) -> Any:
        return self._finish(self._cursor.fetchall)

    def close(self) -> None:
        self._finish(self._cursor.close)

    def _finish(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        return await_only(
            finish(greenlet_spawn(operation, *arguments), self._seconds, self._give_up)
        )


def _keep_connection(context: ExceptionContext) -> None:
    """Keep the connection of an operation that had ended before its task was cancelled."""
    if has_finished(context.original_exception):
        context.is_disconnect = False
