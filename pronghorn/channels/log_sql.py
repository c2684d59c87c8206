"""A log in the database of the program: SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, nullcontext
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.channels.log import Entry, Limits, Ring, Span
from pronghorn.channels.notifications import NOTIFY, listen
from pronghorn.channels.tables import COUNTERS, ENTRIES, TABLES
from pronghorn.channels.wake_ups import write_names
from pronghorn.nodes.clock import now_ms
from pronghorn.sql import Database

#: The milliseconds after which the counter of an empty channel is deleted.
_FORGET = 86_400_000
#: How many expired entries one transaction deletes.
_SWEEP = 1000


class SqlLog:
    """A log in a `Database`.

    An entry takes its id from the row of its channel, which stays locked until the commit. So
    transactions of one channel commit in the order of their ids, and no reader skips one.

    Args:
        db: The database. Its tables are created when the application starts.

    Attributes:
        poll: The seconds between two looks: fewer where processes cannot wake each other.
    """

    def __init__(self, db: Database) -> None:
        self.db = db
        self.poll: float | None = 1.0 if self._has_wake_ups else 0.1
        #: By event loop.
        self._locks: WeakKeyDictionary[Any, asyncio.Lock] = WeakKeyDictionary()
        db.add_own_tables(TABLES)

    @property
    def _is_postgresql(self) -> bool:
        return self.db.engine.dialect.name == "postgresql"

    @property
    def _has_wake_ups(self) -> bool:
        # A pooler of transactions, such as PgBouncer, gives no connection that could listen.
        return self._is_postgresql and not self.db.options.get("transaction_pooler")

    @property
    def announces(self) -> bool:
        """Return True if it can wake the readers of other processes."""
        return self._has_wake_ups and not self.db.is_rolled_back

    @property
    def is_isolated(self) -> bool:
        """Return True in a test that rolls everything back."""
        return self.db.is_rolled_back

    @asynccontextmanager
    async def _session(self, *, read_only: bool = False) -> AsyncIterator[AsyncSession]:
        """Open a session; in a test that rolls everything back, sessions must not overlap."""
        loop = asyncio.get_running_loop()
        lock = self._locks.setdefault(loop, asyncio.Lock()) if self.is_isolated else nullcontext()
        async with lock, self.db.transaction(read_only=read_only) as session:
            yield session

    async def append(
        self, session: AsyncSession | None, channel: str, payload: bytes, limits: Limits
    ) -> int:
        """Add an entry, and return its id."""
        if session is not None:
            return await self._append(session, channel, payload, limits)
        async with self._session() as own:
            return await self._append(own, channel, payload, limits)

    async def _append(
        self, session: AsyncSession, channel: str, payload: bytes, limits: Limits
    ) -> int:
        dialect = self.db.engine.dialect
        now = now_ms(dialect)
        upsert: Any = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
        begin = now * 1000
        counter = upsert(COUNTERS).values(name=channel, first=begin, last=begin, used_at=now)
        counter = counter.on_conflict_do_update(
            index_elements=["name"], set_={"last": COUNTERS.c.last + 1, "used_at": now}
        ).returning(COUNTERS.c.last)
        number = int((await session.execute(counter)).scalar_one())
        end = None if limits.ttl is None else now + int(limits.ttl * 1000)
        values = {"channel": channel, "id": number, "payload": payload, "expires_at": end}
        await session.execute(insert(ENTRIES).values(**values))
        if limits.keep is not None and number % max(1, limits.keep // 10) == 0:
            old = and_(ENTRIES.c.channel == channel, ENTRIES.c.id <= number - limits.keep)
            await session.execute(delete(ENTRIES).where(old))
        return number

    async def read(self, channel: str, after: int, limit: int) -> list[Entry]:
        """Return the entries after an id, oldest first."""
        wanted = (ENTRIES.c.channel == channel, ENTRIES.c.id > after, self._is_kept())
        statement = select(ENTRIES.c.id, ENTRIES.c.payload).where(*wanted)
        statement = statement.order_by(ENTRIES.c.id).limit(limit)
        async with self._session(read_only=True) as session:
            return [Entry(row[0], row[1]) for row in await session.execute(statement)]

    def _is_kept(self) -> ColumnElement[bool]:
        now = now_ms(self.db.engine.dialect)
        return or_(ENTRIES.c.expires_at.is_(None), ENTRIES.c.expires_at > now)

    async def span(self, channel: str) -> Span:
        """Return the ids of a channel."""
        statement = select(COUNTERS.c.first, COUNTERS.c.last).where(COUNTERS.c.name == channel)
        async with self._session(read_only=True) as session:
            found = (await session.execute(statement)).one_or_none()
        return Span(0, 0) if found is None else Span(*found)

    async def find_changed(self, positions: Mapping[str, int]) -> Collection[str]:
        """Return the names of the channels that have entries after an id."""
        wanted = COUNTERS.c.name.in_(list(positions))
        statement = select(COUNTERS.c.name, COUNTERS.c.last).where(wanted)
        async with self._session(read_only=True) as session:
            rows = (await session.execute(statement)).all()
        return [name for name, last in rows if last > positions[name]]

    async def listen(self, ring: Ring) -> None:
        """Receive wake-ups of PostgreSQL until the task is cancelled; SQLite has none."""
        if self.announces:
            await listen(self.db, ring)

    async def announce(self, newest: Mapping[str, int]) -> None:
        """Wake the readers of other processes.

        It is a transaction of its own: PostgreSQL lets only one transaction with a NOTIFY commit
        at a time, and those of the program should not wait for each other.
        """
        notify = select(func.pg_notify(NOTIFY, write_names(newest)))
        async with self._session() as session:
            await session.execute(notify)

    async def trim(self) -> None:
        """Delete entries whose time is over, and the counters of channels without any."""
        if self.db.is_rolled_back:
            return
        now = now_ms(self.db.engine.dialect)
        old = select(ENTRIES.c.channel, ENTRIES.c.id).where(ENTRIES.c.expires_at <= now)
        old = old.limit(_SWEEP)
        if self._is_postgresql:
            old = old.with_for_update(skip_locked=True)
        async with self.db.transaction() as session:
            found = (await session.execute(old)).all()
            for channel in {row[0] for row in found}:
                ids = [row[1] for row in found if row[0] == channel]
                mine = and_(ENTRIES.c.channel == channel, ENTRIES.c.id.in_(ids))
                await session.execute(delete(ENTRIES).where(mine))
            rest = select(ENTRIES.c.id).where(ENTRIES.c.channel == COUNTERS.c.name)
            unused = and_(COUNTERS.c.used_at < now - _FORGET, ~rest.exists())
            await session.execute(delete(COUNTERS).where(unused))
