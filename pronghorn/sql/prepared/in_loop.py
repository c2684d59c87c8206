"""Read from SQLite without a change of threads, as long as nobody can tell.

A read goes the way through a thread if it may wait: the database has no write-ahead log, the
program listens to statements or to the pool, the statement has taken too long before, or one of its
steps may take long.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any
from weakref import WeakSet

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from pronghorn.sql.hops import shares_cache
from pronghorn.sql.prepared.borrowing import is_observed
from pronghorn.sql.prepared.compiled import CompiledRead
from pronghorn.sql.prepared.drivers import has_nul
from pronghorn.sql.prepared.quick import HAS_CONNECTION, QuickConnection, open_quickly
from pronghorn.sql.prepared.running import Compile, Parameters, compose, is_heard
from pronghorn.sql.uncancelled import postpone_cancellation

#: After so many seconds of reads the other tasks have their turn.
TURN_SECONDS = 0.001
#: Threads with an event loop that read at the same time; others take the way through the pool.
MOST_CONNECTIONS = 4
#: So many reads take the usual way after a connection could not be opened.
READS_WITHOUT = 1000


class ReadsInLoop:
    """The connections to one database for reads in the thread of the event loop.

    They belong to no event loop: a read takes one, does not wait, and puts it back.

    Args:
        engine: The pool for transactions that only read.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._idle: list[QuickConnection] = []
        self._opened = 0
        self._closings = 0
        self._is_opening = False
        self._is_usable = _is_possible(engine)
        self._reads_without = 0
        #: The seconds of reads since the other tasks had their turn.
        self._spent = 0.0
        _known.add(self)

    async def read(self, compiled: Compile, parameters: Parameters) -> list[Any] | None:
        """Return what the validators take; None if the read has to take the usual way."""
        engine = self._engine
        if not self._is_usable or is_observed(engine.pool):
            return None
        if is_heard(engine.sync_engine, engine.dialect):
            return None
        if not self._idle and not await self._open():
            return None
        read = compiled(engine.dialect)
        if read.suits_loop is False or read.pace.is_away():
            return None
        sql, values = read.bind(parameters)
        if has_nul(values):
            return None
        try:
            connection = self._idle.pop()
        except IndexError:  # Another thread has just taken it.
            return None
        try:
            rows = _read(connection, read, sql, values)
        finally:
            self._idle.append(connection)
        self._spent += connection.took
        if self._spent > TURN_SECONDS:
            self._spent = 0.0
            await asyncio.sleep(0)
        return None if rows is None else compose(read, rows)

    async def close(self) -> None:
        """Close the connections; the next read opens one again."""
        self._closings += 1
        self._is_usable = _is_possible(self._engine)
        while self._idle:
            self._opened -= 1
            await postpone_cancellation(self._idle.pop().close())

    def forget(self) -> None:
        """Leave the connections to the process that has opened them, after a fork."""
        _of_parents.extend(self._idle)
        self._idle = []
        self._opened = 0

    async def _open(self) -> bool:
        """Open a connection, and return whether there is one now."""
        pool: Any = self._engine.pool
        if self._is_opening or self._opened >= MOST_CONNECTIONS:
            return False
        if self._reads_without or pool.checkedout() >= pool.size():
            self._reads_without = max(0, self._reads_without - 1)
            return False
        self._is_opening = True
        try:
            return await postpone_cancellation(self._add(self._closings))
        except Exception:  # noqa: BLE001  # The usual way meets it too, and reports it.
            self._reads_without = READS_WITHOUT
            return False
        finally:
            self._is_opening = False

    async def _add(self, closings: int) -> bool:
        opened = await open_quickly(self._engine)
        if opened is None:
            self._is_usable = False
        elif closings != self._closings:
            await opened.close()
        else:
            self._opened += 1
            self._idle.append(opened)
        return bool(self._idle)


def _read(
    connection: QuickConnection, read: CompiledRead, sql: str, values: Any
) -> list[Any] | None:
    """Return the rows; None if the read has to take the usual way."""
    if read.suits_loop is None:
        read.suits_loop = connection.suits(sql, values)
    if not read.suits_loop:
        return None
    rows = connection.read(sql, values)
    read.pace.note(connection.owed)
    return rows


def _is_possible(engine: AsyncEngine) -> bool:
    is_pooled = isinstance(engine.pool, AsyncAdaptedQueuePool)
    return HAS_CONNECTION and is_pooled and not shares_cache(engine.url)


_known: WeakSet[ReadsInLoop] = WeakSet()
#: Connections that must not be used, and not even be closed, in this process.
_of_parents: list[QuickConnection] = []


def _forget_all() -> None:
    for reads in tuple(_known):
        reads.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
