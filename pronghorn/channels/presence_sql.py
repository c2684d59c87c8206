"""The connections of all processes, in a table of the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from anyio import CancelScope
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    MetaData,
    String,
    Table,
    delete,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.channels.presence import Change, Present, Tell
from pronghorn.logger import logger
from pronghorn.nodes import Nodes, now_ms
from pronghorn.nodes.node import NODES
from pronghorn.sql import Database

TABLES = MetaData()
ROWS = Table(
    "pronghorn_presence",
    TABLES,
    Column("channel", String(255), primary_key=True),
    Column("key", String(36), primary_key=True),
    Column("node", String(36), nullable=False),
    Column("meta", JSON, nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    Index("pronghorn_presence_node", "node"),
)
#: How many rows of a dead node one transaction deletes.
_AT_ONCE = 200
#: The seconds that the end of a connection may wait for the database, and the longest pause before
#: it is tried again.
_PATIENCE, _LONGEST_PAUSE = 5.0, 10.0
#: The seconds after which a process that was taken for dead is known as alive again, and a database
#: that was away may be back.
_BACK = 1.0


class SqlPresence:
    """The connections of all processes.

    Args:
        db: The database.
        tell: Publishes a change, in a transaction.
    """

    def __init__(self, db: Database, tell: Tell) -> None:
        self._db = db
        self._tell = tell
        self._nodes = Nodes.of(db)
        self._mine: dict[tuple[str, str], dict[str, Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        #: Connections that have ended while the database was away, with the task that deletes them.
        self._left: set[tuple[str, str]] = set()
        self._clearing: asyncio.Task[None] | None = None
        db.add_own_tables(TABLES)
        db.before_close(self._stop_clearing)
        self._nodes.on_death(self._end_node, owners=self._find_owners)
        self._nodes.on_lost(self._plan_return)

    @asynccontextmanager
    async def stay(self, channel: str, meta: dict[str, Any]) -> AsyncIterator[str]:
        """Be present inside of the block; return the key of the connection."""
        key = str(uuid4())
        async with self._nodes.run("web"):
            self._mine[channel, key] = meta
            try:
                await self._add(channel, key, meta)
                yield key
            finally:
                del self._mine[channel, key]
                with CancelScope(shield=True):
                    await self._remove(channel, key)

    async def list(self, channel: str) -> list[Present]:
        """Return all connections to a channel, of all processes, the oldest first."""
        wanted = select(ROWS.c.key, ROWS.c.meta, ROWS.c.joined_at).where(ROWS.c.channel == channel)
        if not self._db.is_rolled_back:  # A test has no node.
            silent = now_ms(self._db.engine.dialect) - int(self._nodes.dead_after * 1000)
            alive = select(NODES.c.id).where(NODES.c.seen_at >= silent)
            wanted = wanted.where(ROWS.c.node.in_(alive))
        wanted = wanted.order_by(ROWS.c.joined_at, ROWS.c.key)
        async with self._db.transaction(read_only=True) as session:
            rows = (await session.execute(wanted)).all()
        return [
            Present(key=key, meta=meta, joined_at=datetime.fromtimestamp(at / 1000, UTC))
            for key, meta, at in rows
        ]

    async def _add(self, channel: str, key: str, meta: dict[str, Any]) -> None:
        """Write a row, unless it is there, and tell of it."""
        dialect = self._db.engine.dialect
        upsert: Any = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
        values = {"channel": channel, "key": key, "node": self._nodes.id, "meta": meta}
        row = upsert(ROWS).values(**values, joined_at=now_ms(dialect)).on_conflict_do_nothing()
        async with self._db.transaction() as session:
            if (await session.execute(row.returning(ROWS.c.key))).first() is not None:
                await self._tell(session, channel, Change(kind="join", key=key, meta=meta))

    async def _remove(self, channel: str, key: str) -> None:
        """Delete a row, and tell of it, unless another process has done so."""
        mine = (ROWS.c.channel == channel) & (ROWS.c.key == key)
        try:
            async with asyncio.timeout(_PATIENCE), self._db.transaction() as session:
                await self._delete(session, mine)
        except Exception as error:  # noqa: BLE001 - the database comes back
            reason = str(error) or type(error).__name__
            logger.warning("A connection to %s ended, and is present a while: %s", channel, reason)
            self._remove_later(channel, key)

    def _remove_later(self, channel: str, key: str) -> None:
        """Delete a row once the database is back: its node lives on, so nobody else does."""
        self._left.add((channel, key))
        if self._clearing is None or self._clearing.done():
            create = asyncio.get_running_loop().create_task
            self._clearing = create(self._clear_left(), context=Context())

    async def _clear_left(self) -> None:
        pause = _BACK
        while self._left:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            batch = sorted(self._left)[:_AT_ONCE]
            which = tuple_(ROWS.c.channel, ROWS.c.key).in_(batch)
            with suppress(Exception):
                async with asyncio.timeout(_PATIENCE), self._db.transaction() as session:
                    await self._delete(session, which)
                self._left.difference_update(batch)

    async def _stop_clearing(self) -> None:
        """Open no connection again, when the database closes them."""
        task = self._clearing
        if task is not None and task.get_loop() is asyncio.get_running_loop():
            self._clearing = None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _delete(self, session: AsyncSession, which: Any) -> int:
        """Delete rows, tell of each, and return their number."""
        gone = delete(ROWS).where(which).returning(ROWS.c.channel, ROWS.c.key, ROWS.c.meta)
        rows = sorted((await session.execute(gone)).all(), key=lambda row: (row[0], row[1]))
        for channel, key, meta in rows:
            await self._tell(session, channel, Change(kind="leave", key=key, meta=meta))
        return len(rows)

    # --- nodes ----------------------------------------------------------------------------

    async def _end_node(self, session: AsyncSession, node: str) -> bool:
        """Delete rows of a dead node; return True if none is left."""
        keys = select(ROWS.c.key).where(ROWS.c.node == node).limit(_AT_ONCE)
        which = (ROWS.c.node == node) & ROWS.c.key.in_((await session.scalars(keys)).all())
        return await self._delete(session, which) < _AT_ONCE

    async def _find_owners(self, session: AsyncSession) -> Iterable[str]:
        return (await session.scalars(select(ROWS.c.node).distinct())).all()

    async def _plan_return(self) -> None:
        """Write the rows of this process again: others took it for dead, and have deleted them."""
        if self._mine:
            task = asyncio.get_running_loop().create_task(self._return())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _return(self) -> None:
        await asyncio.sleep(_BACK)
        for (channel, key), meta in tuple(self._mine.items()):
            with suppress(Exception):
                await self._add(channel, key, meta)
            if (channel, key) not in self._mine:  # It has ended meanwhile.
                await self._remove(channel, key)
