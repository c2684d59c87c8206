"""Run a prepared statement: on a connection of the pool, or in the transaction of a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Dialect, Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.util import await_only, greenlet_spawn

from pronghorn.core.setup_errors import setup_error
from pronghorn.sql.aborted import note_failure
from pronghorn.sql.pool import note_use
from pronghorn.sql.prepared.borrowing import borrow, give_back, throw_away
from pronghorn.sql.prepared.changes import describe_failure
from pronghorn.sql.prepared.compiled import CompiledRead
from pronghorn.sql.prepared.drivers import DRIVERS, Driver, has_nul
from pronghorn.sql.prepared.errors import translate, translate_connecting
from pronghorn.sql.protection import LIMITS
from pronghorn.sql.uncancelled import finish, has_finished

#: Returns the statement for a dialect that has been connected.
Compile = Callable[[Dialect], CompiledRead]
Parameters = Mapping[str, Any]


class AgainError(Exception):
    """A statement has to be sent through SQLAlchemy: its connection was lost, or not even used.

    A statement that writes was not sent.
    """


async def read_from_pool(engine: AsyncEngine, compiled: Compile, parameters: Parameters) -> Any:
    """Return what the validators take, read by a statement that is its own transaction.

    A lost connection is replaced: the statement has changed nothing, so it is sent again.
    """
    driver = _driver_of(engine.dialect)
    if driver is not None and not is_heard(engine.sync_engine, engine.dialect):
        try:
            return await _run_alone(engine, driver, compiled, parameters)
        except AgainError:
            pass
    return await read_in_transaction(engine, compiled, parameters)


async def write_from_pool(engine: AsyncEngine, compiled: Compile, parameters: Parameters) -> Any:
    """Return what the validators take, after a write that is its own transaction.

    Raises:
        AgainError: It was not sent; it has to run in a transaction of SQLAlchemy.
    """
    driver = _driver_of(engine.dialect)
    heard = engine.sync_engine.dispatch
    if driver is None or heard.begin or heard.commit:
        raise AgainError
    if is_heard(engine.sync_engine, engine.dialect):
        raise AgainError
    return await _run_alone(engine, driver, compiled, parameters)


async def read_in_transaction(
    engine: AsyncEngine, compiled: Compile, parameters: Parameters
) -> Any:
    """Return what the validators take, read in a transaction that SQLAlchemy begins and ends."""
    async with engine.connect() as connection:
        return await read_on_connection(connection, compiled, parameters)


async def read_in_session(
    session: AsyncSession,
    compiled: Compile,
    parameters: Parameters,
) -> Any:
    """Return what the validators take, read in the transaction of a session.

    What the session has not written yet is written first, as before any query of it.
    """
    inner = session.sync_session
    if inner.autoflush and (inner.new or inner.dirty or inner.deleted):
        await session.flush()
    return await read_on_connection(await session.connection(), compiled, parameters)


async def read_on_connection(
    connection: AsyncConnection, compiled: Compile, parameters: Parameters
) -> Any:
    """Return what the validators take, read in the transaction of a connection.

    The statement goes through SQLAlchemy the first time, if SQLAlchemy has still to begin the
    transaction, if something listens to statements, and if the driver is not one of `DRIVERS`.
    """
    inner: Any = connection.sync_connection
    if inner is not None:
        _check_connection(inner)
        driver = _driver_of(connection.dialect)
        if driver is not None and inner.in_transaction() and not is_heard(inner, inner.dialect):
            with suppress(AgainError):
                read = compiled(inner.dialect)
                return await _read_in_transaction(connection, driver, read, parameters)
    return await connection.run_sync(_read_through, compiled, parameters)


async def _run_alone(
    engine: AsyncEngine, driver: Driver, compiled: Compile, parameters: Parameters
) -> Any:
    record = await borrow(engine)
    if record is not None:
        return await _read_borrowed(engine, record, driver, compiled, parameters)
    return await greenlet_spawn(_read_alone, engine.sync_engine, driver, compiled, parameters)


async def _read_in_transaction(
    connection: AsyncConnection, driver: Driver, read: CompiledRead, parameters: Parameters
) -> Any:
    inner: Any = connection.sync_connection
    pooled = inner.connection
    if not _is_known(read, driver) or not driver.has_begun(pooled.driver_connection):
        raise AgainError
    sql, values = _bind(read, parameters)
    try:
        rows = await _send(driver.fetch, pooled.driver_connection, read.dialect, sql, values)
    except Exception as error:
        note_failure(read.dialect, pooled)
        made, lost = translate(error, pooled.dbapi_connection, read, sql, values)
        read.note_failure(made or error, parameters)
        if made is None:
            if read.changes:  # It may have changed something before.
                raise
            raise AgainError from error
        if lost:
            await connection.invalidate(error)
        raise made from made.__cause__
    return compose(read, rows)


async def _read_borrowed(
    engine: AsyncEngine, record: Any, driver: Driver, compiled: Compile, parameters: Parameters
) -> Any:
    """Read on a connection that `borrow` has returned, and give it back."""
    dialect = engine.dialect
    clean = True
    try:
        read = compiled(dialect)
        if not _is_known(read, driver):
            raise AgainError
        sql, values = _bind(read, parameters)
        clean = False
        rows, clean = await _fetch_alone(record.dbapi_connection, driver, read, sql, values)
        if clean:
            note_use(dialect, record.driver_connection)
    finally:
        if clean:
            give_back(record)
        else:
            await finish(throw_away(record))
    if isinstance(rows, BaseException):
        read.note_failure(rows, parameters)
        raise rows from rows.__cause__
    return compose(read, rows)


def _read_alone(engine: Engine, driver: Driver, compiled: Compile, parameters: Parameters) -> Any:
    """Read on a connection of the pool, and give it back; runs in a greenlet."""
    dialect = engine.dialect
    try:
        connection = engine.raw_connection()
    except Exception as error:  # noqa: BLE001  # Raised again, as what SQLAlchemy makes of it.
        made = translate_connecting(error, dialect)
        raise made from (error if made is not error else error.__cause__)
    clean = True
    try:
        read = compiled(dialect)
        if not _is_known(read, driver):
            raise AgainError
        sql, values = _bind(read, parameters)
        clean = False
        adapted = connection.dbapi_connection
        rows, clean = await_only(_fetch_alone(adapted, driver, read, sql, values))
    finally:
        if clean:
            connection.close()
        else:
            await_only(finish(greenlet_spawn(connection.invalidate)))
    if isinstance(rows, BaseException):
        read.note_failure(rows, parameters)
        raise rows from rows.__cause__
    return compose(read, rows)


def _bind(read: CompiledRead, parameters: Parameters) -> tuple[str, Any]:
    """Return the text and the values for the driver.

    Raises:
        AgainError: The database, or SQLAlchemy, refuses a value of a write, which the driver sends.
    """
    sql, values = read.bind(parameters)
    if read.changes and read.dialect.name == "sqlite" and has_nul(values):
        raise AgainError
    return sql, values


async def _fetch_alone(
    adapted: Any, driver: Driver, read: CompiledRead, sql: str, values: Any
) -> tuple[Any, bool]:
    """Return the rows, or what to raise, and whether the connection may be used again."""
    fetch = driver.change_alone if read.changes else driver.fetch_alone
    try:
        return await _send(fetch, adapted.driver_connection, read.dialect, sql, values), True
    except asyncio.CancelledError as error:
        return error, has_finished(error)
    except Exception as error:  # noqa: BLE001  # The caller raises it.
        made, lost = translate(error, adapted, read, sql, values)
        if read.changes:
            made = describe_failure(read, made or error, lost)
        elif made is None or (lost and not isinstance(error, TimeoutError)):
            again = AgainError()
            again.__cause__ = error
            made = again
        return made, not lost and not isinstance(error, OSError)


async def _send(
    fetch: Callable[..., Coroutine[Any, Any, Any]],
    connection: Any,
    dialect: Dialect,
    sql: str,
    values: Any,
) -> Any:
    """Send a statement to its end, in spite of a cancellation, or cut its connection.

    Raises:
        TimeoutError: The server was silent for too long.
    """
    seconds, cut = LIMITS.get(dialect, (None, None))
    overdue = False

    def give_up() -> None:
        nonlocal overdue
        overdue = True
        if cut is not None:
            cut(connection)

    try:
        return await finish(fetch(connection, sql, values), seconds, give_up)
    except Exception as error:
        if overdue:
            raise TimeoutError(f"the database has not answered within {seconds:g} s") from error
        raise


def _read_through(connection: Connection, compiled: Compile, parameters: Parameters) -> Any:
    """Read through SQLAlchemy; runs in a greenlet."""
    read = compiled(connection.dialect)
    sql, values = read.bind(parameters)
    try:
        result: Any = connection.exec_driver_sql(sql, values)
    except Exception as error:
        read.note_failure(error, parameters)
        raise
    if read.compose is None:
        read.learn([column[1] for column in result.cursor.description])
    return compose(read, result)


def compose(read: CompiledRead, rows: Any) -> Any:
    if read.compose is None:
        read.learn_without_types()
    return read.compose(rows)  # type: ignore[misc]  # `learn` has set it.


def _is_known(read: CompiledRead, driver: Driver) -> bool:
    """Return whether the conversion of columns is known, or needs nothing from the driver."""
    return read.compose is not None or not driver.says_types


def _driver_of(dialect: Dialect) -> Driver | None:
    return DRIVERS.get((dialect.name, dialect.driver))


def is_heard(owner: Any, dialect: Dialect) -> bool:
    """Return whether something listens to each statement, such as a tracer, or executes it.

    On SQLite one function of ours always does (`pronghorn.sql.diagnostics`).
    """
    dispatch = owner.dispatch
    before = dispatch.before_cursor_execute
    ours = 1 if dialect.name == "sqlite" else 0
    return bool(
        (before and len(before) > ours)
        or dispatch.after_cursor_execute
        or dialect.dispatch.do_execute
        or dialect.dispatch.do_execute_no_params
    )


def _check_connection(connection: Connection) -> None:
    if connection.get_execution_options().get("schema_translate_map"):
        raise setup_error(
            "a prepared statement runs on a connection with the option schema_translate_map",
            "the statement was compiled once, for the schemas that its tables name",
            "await session.execute(...)",
        )
