"""All prepared reads of a database."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from sqlalchemy.ext.asyncio import AsyncEngine

from pronghorn.core.setup_errors import user_place
from pronghorn.sql.prepared.pools import Choose, Pools
from pronghorn.sql.prepared.read import PreparedRead


class Reads:
    """The prepared reads of a database.

    Args:
        engine: The pool of the primary server.
        choose: Returns the pool for the next read without a session, or the connection of a test.
        raw: See `Pools`.
    """

    def __init__(self, engine: AsyncEngine, choose: Choose, *, raw: bool) -> None:
        self._pools = Pools(engine, choose, raw=raw)
        self._known: WeakSet[PreparedRead[Any]] = WeakSet()

    def prepare(self, statement: Any, model: Any) -> PreparedRead[Any]:
        """Return a prepared read; `Database.prepare` describes it."""
        read: PreparedRead[Any] = PreparedRead(self._pools, statement, model, user_place())
        self._known.add(read)
        return read

    def check(self) -> None:
        """Raise `SetupError` if one of them cannot be prepared; this needs no connection."""
        for read in tuple(self._known):
            read.check()

    async def close(self) -> None:
        """Close the connections that no pool has."""
        await self._pools.close()
