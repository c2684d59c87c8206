"""Errors of drivers as SQLAlchemy raises them, so that programs catch one kind."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError

from pronghorn.core.private_names import has_names
from pronghorn.sql.prepared.compiled import CompiledRead, Values

#: SQLAlchemy's connections translate what asyncpg raises into classes of the database API.
TRANSLATES = has_names(
    "sqlalchemy.dialects.postgresql.asyncpg",
    ["AsyncAdapt_asyncpg_connection._handle_exception"],
    "Errors of prepared reads have the general class `sqlalchemy.exc.DBAPIError`.",
)
#: The SQLSTATE for a prepared statement whose result has other types now, as after a migration.
_CHANGED_RESULT = "0A000"


def translate(
    error: Exception, adapted: Any, read: CompiledRead, sql: str, values: Values
) -> tuple[Exception | None, bool]:
    """Return the error that SQLAlchemy raises for an error of the database.

    Args:
        error: The error of the driver.
        adapted: SQLAlchemy's connection around that of the driver.
        read: The statement.
        sql: Its text.
        values: The values of its parameters.

    Returns:
        The error, and whether the connection is of no use any more. No error if the driver has
        refused the values itself: SQLAlchemy may explain that when it sends the statement.
    """
    dialect = read.dialect
    dbapi: Any = dialect.dbapi
    cause = _translate(error, adapted, dbapi)
    if isinstance(cause, TimeoutError):
        return cause, True
    if not isinstance(cause, dbapi.Error):
        return None, False
    lost = bool(dialect.is_disconnect(cause, adapted, None))
    lost = lost or getattr(cause, "sqlstate", None) == _CHANGED_RESULT
    made = DBAPIError.instance(
        sql,
        values,
        cause,
        dbapi.Error,
        hide_parameters=read.hide_parameters,
        connection_invalidated=lost,
        dialect=dialect,
    )
    made.__cause__ = cause
    return made, lost


def translate_connecting(error: Exception, dialect: Dialect) -> Exception:
    """Return the error that SQLAlchemy raises for one of opening a connection."""
    dbapi: Any = dialect.dbapi
    if not isinstance(error, dbapi.Error):
        return error
    made: Exception = DBAPIError.instance(None, None, error, dbapi.Error, dialect=dialect)
    return made


def _translate(error: Exception, adapted: Any, dbapi: Any) -> Exception:
    translated: Exception = error
    if isinstance(error, dbapi.Error):
        return translated
    if TRANSLATES:
        try:
            adapted._handle_exception(error)
        except Exception as raised:  # noqa: BLE001  # It raises every error, translated or not.
            translated = raised
    elif type(error).__module__.partition(".")[0] == "asyncpg":
        translated = dbapi.Error(str(error))
        translated.__cause__ = error
    return translated
