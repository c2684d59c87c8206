"""Delete the rows of a battery's table that are over, now and then, beside the requests."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sqlalchemy import Column, delete, select

from pronghorn.logger import logger
from pronghorn.nodes.clock import now_ms
from pronghorn.sql import Database


class Trimming:
    """Deletes the rows whose time is over, at most once in a while for each process.

    Args:
        db: The database.
        key: The primary key of the table.
        expires: The column with the end of a row, in milliseconds since 1970.
        every: The seconds between two times.
        most: How many rows one statement deletes, so that others need not wait for it.
    """

    def __init__(
        self,
        db: Database,
        key: Column[Any],
        expires: Column[int],
        *,
        every: float = 60.0,
        most: int = 1000,
    ) -> None:
        self._db = db
        self._every = every
        self._most = most
        self._next = time.monotonic() + every
        self._task: asyncio.Task[None] | None = None
        over = select(key).where(expires < now_ms(db.engine.dialect)).limit(most)
        if db.engine.dialect.name == "postgresql":
            over = over.with_for_update(skip_locked=True)
        self._statement = delete(key.table).where(key.in_(over))

    def trim_sometimes(self) -> None:
        """Begin to trim in a task of its own if it is time; return at once."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._every
        self._task = asyncio.get_running_loop().create_task(self._trim_quietly())

    async def trim(self) -> None:
        """Delete all rows that are over."""
        while True:
            async with self._db.transaction() as session:
                found: Any = await session.execute(self._statement)
            if found.rowcount < self._most:
                return

    async def _trim_quietly(self) -> None:
        try:
            await self.trim()
        except Exception as error:  # noqa: BLE001 - the next time comes
            logger.warning("Rows that are over were not deleted: %s", error)
