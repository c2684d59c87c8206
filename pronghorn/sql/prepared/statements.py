"""All prepared statements of a database."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.expression import UpdateBase

from pronghorn.core.setup_errors import user_place
from pronghorn.sql.prepared.pools import Choices, Pools
from pronghorn.sql.prepared.read import PreparedRead
from pronghorn.sql.prepared.statement import Prepared
from pronghorn.sql.prepared.write import PreparedWrite


class Statements:
    """The prepared statements of a database.

    Args:
        engine: The pool of the primary server.
        choices: What the database decides about a statement without a session.
        raw: See `Pools`.
    """

    def __init__(self, engine: AsyncEngine, choices: Choices, *, raw: bool) -> None:
        self._pools = Pools(engine, choices, raw=raw)
        self._known: WeakSet[Prepared[Any]] = WeakSet()

    def prepare(self, statement: Any, model: Any) -> Prepared[Any]:
        """Return a prepared read or write; `Database.prepare` describes it."""
        kind = PreparedWrite if isinstance(statement, UpdateBase) else PreparedRead
        prepared: Prepared[Any] = kind(self._pools, statement, model, user_place())
        self._known.add(prepared)
        return prepared

    def check(self) -> None:
        """Raise `SetupError` if one of them cannot be prepared; this needs no connection."""
        for prepared in tuple(self._known):
            prepared.check()

    async def close(self) -> None:
        """Close the connections that no pool has."""
        await self._pools.close()
