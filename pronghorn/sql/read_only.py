"""An engine of PostgreSQL whose transactions only read, on the connections of another one.

SQLAlchemy's option `postgresql_readonly` does this by a listener for new uses of a connection. An
engine with a listener asks at each step of each statement for listeners, which takes longer than
all else that a transaction that only reads needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from pronghorn.core.private_names import has_names

_NAMES = ["_ConnectionFairy._connection_record", "_ConnectionRecord.finalize_callback"]


def make_read_only(engine: AsyncEngine) -> AsyncEngine:
    """Return an engine with the same connections and listeners, whose transactions only read."""
    if not has_names("sqlalchemy.pool.base", _NAMES, "Sessions that only read take longer."):
        return engine.execution_options(postgresql_readonly=True)
    reading = engine.execution_options()
    _connect_for_reading(reading.sync_engine)
    return reading


def _connect_for_reading(engine: Engine) -> Engine:
    """Let an engine, and those that are made of it by options, hand out connections that read."""
    connect: Callable[[], Connection] = engine.connect
    make_another: Callable[..., Engine] = engine.execution_options
    dialect: Any = engine.dialect

    def make_writable(adapted: Any) -> None:
        dialect.set_readonly(adapted, False)

    def connect_for_reading() -> Connection:
        connection = connect()
        try:
            pooled: Any = connection.connection
            dialect.set_readonly(pooled.dbapi_connection, True)
            pooled._connection_record.finalize_callback.append(make_writable)
        except BaseException:
            connection.invalidate()  # What it may do is unknown.
            connection.close()
            raise
        return connection

    changed: Any = engine
    changed.connect = connect_for_reading
    changed.execution_options = lambda **options: _connect_for_reading(make_another(**options))
    return engine
