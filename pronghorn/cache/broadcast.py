"""Tell the other processes of invalidations through the database of the program.

An invalidation is a row of the transaction that changes the data, so it is there if and only if the
change is. A process reads the new rows before it uses a stored response, at most once in a while;
no task and no connection waits for them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from time import monotonic
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Column, MetaData, String, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.cache.store import EVERYTHING
from pronghorn.logger import logger
from pronghorn.nodes.clock import now_ms
from pronghorn.sql import Database, before_commit
from pronghorn.sql.owners import refuse_foreign

METADATA = MetaData()
#: A tag is a text of JSON, as it may have what a path has, and PostgreSQL knows no NUL.
TABLE = Table(
    "pronghorn_cache_invalidations",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("tag", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
)
#: Milliseconds that a commit may take after its row was written, as the last step before it.
COMMIT = 15_000
#: Milliseconds for which rows are kept; a process that has not read for half of it forgets all.
KEPT = 600_000
#: Seconds that the database has for an answer, and for which it is left alone if there is none.
LIMIT, PAUSE = 2.0, 5.0


class Broadcast:
    """The invalidations of all processes, in one database.

    Args:
        db: The database.
        every: Seconds between two looks for new rows.
    """

    def __init__(self, db: Database, every: float) -> None:
        db.add_own_tables(METADATA)
        self._db = db
        self._every = every
        #: The rows that have had their effect, with their times.
        self._seen: dict[str, int] = {}
        self._read_at = self._quiet_until = self._purged_at = 0.0
        #: The time of the database at the last look.
        self._since: int | None = None
        self._locks: WeakKeyDictionary[Any, asyncio.Lock] = WeakKeyDictionary()

    def announce(self, session: AsyncSession, tags: Sequence[str]) -> None:
        """Write the tags just before the commit of a session.

        Raises:
            SetupError: The session is of another database.
        """
        refuse_foreign(self._db, session, "cache.invalidate()")

        async def write(session: AsyncSession) -> None:
            await self._write(session, tags)

        before_commit(session, write)

    async def announce_now(self, tags: Sequence[str]) -> None:
        """Write the tags in a transaction of their own."""
        async with self._db.transaction() as session:
            await self._write(session, tags)

    async def _write(self, session: AsyncSession, tags: Iterable[str]) -> None:
        now = now_ms(self._db.engine.dialect)
        for tag in tags:
            row = insert(TABLE).values(id=uuid4().hex, tag=json.dumps(tag), at_ms=now)
            await session.execute(row)
        if monotonic() - self._purged_at > KEPT / 1000:
            self._purged_at = monotonic()
            await session.execute(delete(TABLE).where(TABLE.c.at_ms < now - KEPT))

    async def catch_up(self, invalidate: Callable[[Iterable[str]], Awaitable[None]]) -> None:
        """Read the new rows, unless that was done a moment ago; whoever comes meanwhile waits.

        Args:
            invalidate: Makes tags invalid in this process.
        """
        if monotonic() - self._read_at < self._every:
            return
        lock = self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        async with lock:
            if monotonic() - self._read_at < self._every:
                return
            try:
                async with asyncio.timeout(LIMIT):
                    tags = await self._read()
            except Exception as error:  # noqa: BLE001 - a program serves what it has
                self._note(error)
                self._read_at = monotonic() + PAUSE
                return
            if tags:
                await invalidate(tags)
            self._read_at = monotonic()

    async def _read(self) -> list[str]:
        """Return the tags of the rows that were committed since the last look."""
        async with self._db.transaction(read_only=True) as session:
            now = (await session.execute(select(now_ms(self._db.engine.dialect)))).scalar_one()
            is_late = self._since is None or now - self._since > KEPT / 2
            since = now if self._since is None or is_late else self._since
            query = select(TABLE.c.id, TABLE.c.tag, TABLE.c.at_ms)
            rows = (await session.execute(query.where(TABLE.c.at_ms > since - COMMIT))).all()
        new = {json.loads(row.tag) for row in rows if row.id not in self._seen}
        # Only now: a look that fails or is cancelled half way must not pass over rows.
        self._since, self._seen = now, {row.id: row.at_ms for row in rows}
        return [EVERYTHING] if is_late else sorted(new)

    def _note(self, error: Exception) -> None:
        if monotonic() < self._quiet_until:
            return
        self._quiet_until = monotonic() + 60
        logger.warning("The cache cannot learn of invalidations from the database: %s", error)
