"""Engines for each event loop, since a connection of PostgreSQL belongs to one.

A server has one event loop. Tests and scripts have several: each `asyncio.run` is one, and each
request of a `TestClient` that is not entered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Lock

from pronghorn.sql.connect import Engines


class EnginesOfLoops:
    """The engines of one database.

    Args:
        make: Makes the engines; called again for a second event loop at the same time.
    """

    def __init__(self, make: Callable[[], Engines]) -> None:
        self._make = make
        self._first = make()
        self._owner: asyncio.AbstractEventLoop | None = None
        self._lock = Lock()  # Event loops run in several threads.
        self._others: dict[asyncio.AbstractEventLoop, Engines] = {}
        #: SQLite's driver works on every event loop.
        self._is_shared = self._first.write.dialect.name == "sqlite"

    def get(self) -> Engines:
        """Return the engines for the running event loop; without one, those of the first."""
        if self._is_shared:
            return self._first
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._first
        return self._first if loop is self._owner else self._find(loop)

    def owner(self) -> asyncio.AbstractEventLoop | None:
        """Return the running event loop; None if all event loops have the same engines."""
        return None if self._is_shared else asyncio.get_running_loop()

    def _find(self, loop: asyncio.AbstractEventLoop) -> Engines:
        with self._lock:
            return self._others.get(loop) or self._assign(loop)

    def _assign(self, loop: asyncio.AbstractEventLoop) -> Engines:
        self._others = {each: kept for each, kept in self._others.items() if not each.is_closed()}
        if self._owner is None or self._owner.is_closed():
            if self._owner is not None:
                _forget_connections(self._first)
            self._owner = loop
            return self._first
        made = self._others[loop] = self._make()
        return made


def _forget_connections(engines: Engines) -> None:
    """Drop the connections of an event loop that is closed, on which nobody can close them."""
    for engine in engines.distinct():
        engine.sync_engine.dispose(close=False)
