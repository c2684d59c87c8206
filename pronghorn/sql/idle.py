"""Connections that are given back without a transaction have nothing to roll back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect

Rollback = Callable[[Any], None]


def skip_needless_rollback(dialect: Dialect, rollback: Rollback) -> Rollback:
    """Return a `do_rollback` that leaves out what has no effect.

    Args:
        dialect: The dialect of a new engine.
        rollback: Its `do_rollback`.
    """
    is_idle = _IS_IDLE.get(dialect.driver)
    if is_idle is None:
        return rollback

    def run(connection: Any) -> None:
        if is_idle(connection.driver_connection):
            if dialect.driver == "asyncpg":
                connection.rollback()  # SQLAlchemy's own note of a transaction, if there is one.
        else:
            rollback(connection)

    return run


def _is_asyncpg_idle(driver: Any) -> bool:
    return not driver.is_in_transaction()


def _is_psycopg_idle(driver: Any) -> bool:
    return bool(driver.info.transaction_status == 0)  # `psycopg.pq.TransactionStatus.IDLE`


def _is_aiosqlite_idle(driver: Any) -> bool:
    return not driver.in_transaction


#: By the name of the driver.
_IS_IDLE: dict[str, Callable[[Any], bool]] = {
    "asyncpg": _is_asyncpg_idle,
    "psycopg": _is_psycopg_idle,
    "aiosqlite": _is_aiosqlite_idle,
}
