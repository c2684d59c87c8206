"""Choose the connection of prepared reads that run without a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pronghorn.sql.errors import explain
from pronghorn.sql.prepared.in_loop import ReadsInLoop
from pronghorn.sql.prepared.running import (
    Compile,
    Parameters,
    read_from_pool,
    read_in_transaction,
    read_on_connection,
)

Choose = Callable[[], AsyncEngine | AsyncConnection]


class Pools:
    """The pools of a database, or the one connection that a test has put in their place.

    Args:
        engine: The pool of the primary server.
        choose: Returns the pool for the next read, or the connection of the test.
        raw: Whether a statement may be a transaction of its own on the connection of the driver. A
            pooler of transactions may send the two halves of a prepared statement to two servers.

    Attributes:
        engine: The pool of the primary server.
    """

    def __init__(self, engine: AsyncEngine, choose: Choose, *, raw: bool) -> None:
        self.engine = engine
        self._choose = choose
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
        target = self._choose()
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
