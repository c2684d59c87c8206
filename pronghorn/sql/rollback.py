"""One transaction around everything that a test does, rolled back at its end.

A `TestClient` runs the application on an event loop of its own, and a connection of PostgreSQL
belongs to one event loop. So the connection of the outer transaction lives on an event loop in
another thread, to which the drivers' calls from all other loops are sent.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from anyio.from_thread import BlockingPortal, start_blocking_portal
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from pronghorn.core.private_names import missing_names
from pronghorn.core.setup_errors import setup_error
from pronghorn.sql.connect import Engines
from pronghorn.sql.sessions import OneTransactionSession, open_session

#: Module and name: where SQLAlchemy's connections keep that of the driver, which is replaced.
_WRAPPED = ("sqlalchemy.engine.interfaces", "AdaptedConnection._connection")
#: The results of drivers that work on every event loop.
_PLAIN = (type(None), bool, int, float, str, bytes, list, tuple, dict)


class OuterTransaction:
    """A transaction on one connection, with sessions in savepoints.

    Args:
        connection: The connection, in its transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    def open_session(self, *, read_only: bool) -> AsyncSession:
        """Return a session in a savepoint, which begins with the first statement."""
        kind = _ReadingSession if read_only else _WritingSession
        return open_session(self.connection, kind=kind, join_transaction_mode="create_savepoint")


class _WritingSession(OneTransactionSession):
    """A session that writes, in a savepoint.

    PostgreSQL does not release the savepoint after a statement has failed, and SQLAlchemy does not
    go back to a savepoint that it could not release, so all later sessions would fail as well.
    """

    def commit(self) -> None:
        """Send what is pending, ask whether the transaction is alive, and release the savepoint."""
        self.flush()
        if self.in_transaction():
            self.connection().exec_driver_sql("SELECT 1")
        super().commit()


class _ReadingSession(OneTransactionSession):
    """A session that only reads, in a transaction that writes.

    Its savepoint is always rolled back: that also ends the state of reading only.
    """

    def commit(self) -> None:
        """Send what is pending, which the database refuses; there is nothing to commit."""
        self.flush()


@event.listens_for(_ReadingSession, "after_begin")
def _begin_reading(session: Any, transaction: Any, connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
        session.info["reading"] = connection
    else:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


@event.listens_for(_ReadingSession, "after_transaction_end")
def _end_reading(session: Any, transaction: Any) -> None:
    if transaction.parent is None and "reading" in session.info:
        session.info.pop("reading").exec_driver_sql("PRAGMA query_only = OFF")


@asynccontextmanager
async def open_outer_transaction(
    shared: AsyncEngine, make_engines: Callable[[], Engines]
) -> AsyncIterator[OuterTransaction]:
    """Open the transaction, and roll it back at the end.

    Args:
        shared: The engine of the program. SQLite's driver works on every event loop, and a
            database in memory has no other connection.
        make_engines: Makes engines like it, for a connection on the other event loop.

    Raises:
        SetupError: The installed version of SQLAlchemy is not one that was tested.
    """
    if shared.dialect.name == "sqlite":
        async with shared.connect() as connection, connection.begin() as transaction:
            try:
                yield OuterTransaction(connection)
            finally:
                await transaction.rollback()
        return
    _check_version()
    manager = start_blocking_portal()
    portal = await to_thread.run_sync(manager.__enter__)
    engine = make_engines().write
    connection = engine.connect()
    try:
        await _on(portal, _begin, connection, portal)
        yield OuterTransaction(connection)
    finally:
        await _on(portal, _end, connection, engine)
        await to_thread.run_sync(manager.__exit__, None, None, None)


def _check_version() -> None:
    """Refuse a version of SQLAlchemy whose calls of a driver cannot be sent elsewhere."""
    module, name = _WRAPPED
    if list(missing_names(module, [name])):
        raise setup_error(
            f"rollback_everything needs {module}.{name}, which this version of SQLAlchemy lacks",
            "SQLAlchemy is newer than this version of pronghorn allows",
            'pip install "pronghorn[sql]"',
        )


async def _on(portal: BlockingPortal, function: Any, *arguments: Any) -> Any:
    return await asyncio.wrap_future(portal.start_task_soon(function, *arguments))


async def _begin(connection: AsyncConnection, portal: BlockingPortal) -> None:
    await connection.start()
    await connection.begin()
    raw = await connection.get_raw_connection()
    adapted: Any = raw.dbapi_connection
    adapted._connection = _OnLoop(adapted._connection, portal, asyncio.get_running_loop())


async def _end(connection: AsyncConnection, engine: AsyncEngine) -> None:
    if connection.sync_connection is not None:
        await connection.close()  # It rolls back.
    await engine.dispose()


class _OnLoop:
    """An object of a driver whose coroutines run on the event loop of its connection.

    Args:
        inside: The object.
        portal: The way to that event loop.
        loop: That event loop.
    """

    def __init__(
        self, inside: Any, portal: BlockingPortal, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.__dict__.update(_inside=inside, _portal=portal, _loop=loop)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inside, name)
        if not callable(value):
            return value
        return lambda *arguments, **options: self._wrap(value(*arguments, **options))

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._inside, name, value)

    def _wrap(self, result: Any) -> Any:
        if inspect.isawaitable(result):
            return self._wait(result)
        return result if isinstance(result, _PLAIN) else _OnLoop(result, self._portal, self._loop)

    async def _wait(self, awaitable: Any) -> Any:
        async def finish() -> Any:
            return await awaitable

        is_there = asyncio.get_running_loop() is self._loop
        return self._wrap(await (finish() if is_there else _on(self._portal, finish)))
