"""Borrow a connection of a pool for one statement, without SQLAlchemy's bookkeeping.

SQLAlchemy makes two objects and a greenlet for each use of a connection, tests the connection, and
resets it afterwards. A statement that is a transaction of its own leaves nothing to reset.
"""

from __future__ import annotations

from asyncio import timeout
from time import time
from typing import Any

from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import greenlet_spawn
from sqlalchemy.util.queue import Empty

from pronghorn.core.private_names import has_names
from pronghorn.sql.fair import FairPool, FairQueue
from pronghorn.sql.pool import is_surely_alive

_SLOWER = "Prepared reads without a session take longer."
#: Whether this version of SQLAlchemy keeps its connections as the tested versions do.
BORROWS = (
    has_names(
        "sqlalchemy.pool.base",
        [
            "Pool._recycle",
            "Pool._should_log_debug",
            "_ConnectionRecord._is_hard_or_soft_invalidated",
            "_ConnectionRecord.checkin",
            "_ConnectionRecord.starttime",
        ],
        _SLOWER,
    )
    and has_names(
        "sqlalchemy.pool.impl",
        ["QueuePool._pool", "QueuePool._overflow", "QueuePool._max_overflow", "QueuePool._timeout"],
        _SLOWER,
    )
    and has_names("sqlalchemy.util.queue", ["AsyncAdaptedQueue._queue"], _SLOWER)
)


_POOLS = (AsyncAdaptedQueuePool, FairPool)


async def borrow(engine: AsyncEngine) -> Any:
    """Return an idle connection of the pool, as soon as there is one.

    Returns:
        SQLAlchemy's record of the connection; None if SQLAlchemy has to open, test or replace one,
        or to tell somebody of it.

    Raises:
        sqlalchemy.exc.TimeoutError: All connections are in use for too long.
    """
    pool: Any = engine.pool
    if not BORROWS or type(pool) not in _POOLS or is_observed(pool):
        return None
    idle = pool._pool
    try:
        record = idle.get_nowait()
    except Empty:
        if pool._overflow < pool._max_overflow or pool._max_overflow < 0:
            return None
        record = await _wait(pool)
    is_usable = False
    try:
        is_usable = _is_usable(engine, pool, record)
    finally:  # Asking runs code of the driver, which may fail.
        if not is_usable:
            idle.put_nowait(record)
    return record if is_usable else None


def give_back(record: Any) -> None:
    """Give a connection back to its pool."""
    record.checkin(_fairy_was_created=False)


async def throw_away(record: Any) -> None:
    """Close a connection; its place in the pool gets another one at its next use."""
    await greenlet_spawn(record.invalidate)
    record.checkin(_fairy_was_created=False)


async def _wait(pool: Any) -> Any:
    idle = pool._pool
    try:
        async with timeout(pool._timeout):
            waiting = idle.wait if isinstance(idle, FairQueue) else pool._pool._queue.get
            return await waiting()
    except TimeoutError:
        raise exc.TimeoutError(
            f"QueuePool limit of size {pool.size()} overflow {pool.overflow()} reached, "
            f"connection timed out, timeout {pool._timeout:0.2f}",
            code="3o7r",
        ) from None


def is_observed(pool: Any) -> bool:
    """Return whether somebody is told of each use of a connection."""
    told = pool.dispatch
    return bool(told.checkout or told.checkin or told.reset or pool._should_log_debug())


def _is_usable(engine: AsyncEngine, pool: Any, record: Any) -> bool:
    """Return whether SQLAlchemy would take a connection as it is."""
    if record._is_hard_or_soft_invalidated():
        return False
    if -1 < pool._recycle < time() - record.starttime:
        return False
    return is_surely_alive(engine.dialect, record.driver_connection)
