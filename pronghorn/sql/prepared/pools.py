"""Choose the connection of prepared statements that run without a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from pronghorn.sql.errors import explain
from pronghorn.sql.prepared.in_loop import ReadsInLoop
from pronghorn.sql.prepared.running import (
    AgainError,
    Compile,
    Parameters,
    read_from_pool,
    read_in_session,
    read_in_transaction,
    read_on_connection,
    write_from_pool,
)

Open = Callable[..., AbstractAsyncContextManager[AsyncSession]]


class Choices(NamedTuple):
    """The functions by which a database decides about a statement without a session.

    Attributes:
        reader: Returns the pool for the next read, or the connection of a test.
        writer: Returns the pool for a write; None if a test has a transaction around everything.
        open: Opens a session that is committed: `open(trigger, read_only=False)`.
    """

    reader: Callable[[], AsyncEngine | AsyncConnection]
    writer: Callable[[], AsyncEngine | None]
    open: Open


class Pools:
    """The pools of a database, or the one connection that a test has put in their place.

    Args:
        engine: The pool of the primary server.
        choices: What the database decides about a statement.
        raw: Whether a statement may be a transaction of its own on the connection of the driver. A
            pooler of transactions may send the two halves of a prepared statement to two servers.

    Attributes:
        engine: The pool of the primary server.
    """

    def __init__(self, engine: AsyncEngine, choices: Choices, *, raw: bool) -> None:
        self.engine = engine
        self._choices = choices
        self._raw = raw
        self._read = read_from_pool if raw else read_in_transaction
        self._reads_in_loop = raw and engine.dialect.driver == "aiosqlite"
        self._in_loop: dict[AsyncEngine, ReadsInLoop] = {}
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]
        self._locks = WeakKeyDictionary()

    async def read(self, compiled: Compile, parameters: Parameters, place: str | None) -> Any:
        """Return what the validators take.

        Args:
            compiled: Returns the statement for a dialect.
            parameters: The values of its parameters.
            place: Where the program has prepared it, for the log.
        """
        target = self._choices.reader()
        try:
            if isinstance(target, AsyncConnection):
                async with self._lock():  # Connections do one thing at a time; pools do many.
                    return await read_on_connection(target, compiled, parameters)
            if self._reads_in_loop:
                rows = await self._find_in_loop(target).read(compiled, parameters)
                if rows is not None:
                    return rows
            return await self._read(target, compiled, parameters)
        except Exception as error:
            explain(error, f"The prepared read at {place}", read_only=True)
            raise

    async def write(
        self,
        compiled: Compile,
        parameters: Parameters,
        place: str | None,
        check: Callable[[list[Any]], None] | None,
    ) -> Any:
        """Return what the validators take, after a write that was committed.

        Args:
            compiled: Returns the statement for a dialect.
            parameters: The values of its parameters.
            place: Where the program has prepared it, for the log.
            check: Raises for rows that must not be kept; None for a statement that needs no check.
        """
        trigger = f"The prepared write at {place}"
        engine = self._choices.writer()
        if engine is not None and self._raw and check is None:
            try:
                return await write_from_pool(engine, compiled, parameters)
            except AgainError:
                pass
            except Exception as error:
                explain(error, trigger, read_only=False)
                raise
        alone = self._lock() if engine is None else nullcontext()
        async with alone, self._choices.open(trigger, read_only=False) as session:
            rows = await read_in_session(session, compiled, parameters)
            if check is not None:
                check(rows)
        return rows

    async def close(self) -> None:
        """Close the connections that no pool has."""
        for reads in tuple(self._in_loop.values()):
            await reads.close()

    def _find_in_loop(self, engine: AsyncEngine) -> ReadsInLoop:
        found = self._in_loop.get(engine)
        if found is None:
            found = self._in_loop[engine] = ReadsInLoop(engine)
        return found

    def _lock(self) -> asyncio.Lock:
        return self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
