"""The table of streams: who may follow one, which run of its producer counts, how it has ended."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.channels.streams.records import State
from pronghorn.nodes import now_ms
from pronghorn.sql import Database

__all__ = ["TABLES", "StreamRow", "StreamRows"]

TABLES = MetaData()
#: Times are milliseconds of the database's clock. `run` counts how often the producer has begun.
STREAMS = Table(
    "pronghorn_streams",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("owner", Text),
    Column("producer", Text, nullable=False),
    Column("job", String(64)),
    Column("state", String(10), nullable=False),
    Column("run", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("kept_until", BigInteger, nullable=False),
    Index("pronghorn_streams_by_end", "kept_until"),
)
_SEEN = (STREAMS.c.id, STREAMS.c.owner, STREAMS.c.job, STREAMS.c.state, STREAMS.c.run)
_FIND = select(*_SEEN).where(STREAMS.c.id == bindparam("stream"))
_FIND_SOME = select(*_SEEN).where(STREAMS.c.id.in_(bindparam("streams", expanding=True)))
#: Milliseconds for which the row of a stream stays that never ends, as after the loss of its job.
_LONGEST = 7 * 24 * 3600 * 1000
#: How many of those that are kept no longer are dropped when one is added.
_DROPPED = 10


class StreamRow(NamedTuple):
    """A stream, as far as its row tells."""

    id: str
    owner: str | None
    job: str | None
    state: State
    run: int


class StreamRows:
    """The streams in one database.

    Args:
        db: The database of the jobs.
        ttl: The seconds for which the row of a stream stays after its end.
    """

    def __init__(self, db: Database, ttl: float) -> None:
        self.db = db
        self._ttl = int(ttl * 1000)
        db.add_own_tables(TABLES)

    @property
    def _now(self) -> int:
        return now_ms(self.db.engine.dialect)  # type: ignore[return-value]  # an expression of it

    async def find(self, stream: str) -> StreamRow | None:
        """Return a stream; None if there is none with this id, or if it is kept no longer."""
        async with self.db.transaction(read_only=True) as session:
            kept = _FIND.where(STREAMS.c.kept_until > self._now)
            row = (await session.execute(kept, {"stream": stream})).one_or_none()
        return None if row is None else StreamRow(*row)

    async def find_some(self, streams: list[str]) -> dict[str, StreamRow]:
        """Return those of these streams that exist."""
        async with self.db.transaction(read_only=True) as session:
            rows = await session.execute(_FIND_SOME, {"streams": streams})
            return {row.id: StreamRow(*row) for row in rows}

    async def add(
        self, session: AsyncSession, *, stream: str, owner: str | None, producer: str, job: str
    ) -> None:
        """Add a stream whose producer has not begun, and drop a few that are kept no longer."""
        # Not those that another transaction drops: it may be open for long.
        old = select(STREAMS.c.id).where(STREAMS.c.kept_until < self._now).limit(_DROPPED)
        old = old.with_for_update(skip_locked=True)
        await session.execute(delete(STREAMS).where(STREAMS.c.id.in_(old)))
        await session.execute(
            insert(STREAMS).values(
                id=stream,
                owner=owner,
                producer=producer,
                job=job,
                state="running",
                run=0,
                created_at=self._now,
                kept_until=self._now + _LONGEST,
            )
        )

    async def begin(self, stream: str) -> int | None:
        """Begin a run of the producer; what earlier runs still write does not count from now on.

        Returns:
            The number of the run, from 1 on; None if the stream has ended or is gone. One that has
            failed begins anew, as its job was put back by hand.
        """
        statement = (
            update(STREAMS)
            .where(STREAMS.c.id == stream, STREAMS.c.state.in_(["running", "failed"]))
            .values(run=STREAMS.c.run + 1, state="running", kept_until=self._now + _LONGEST)
            .returning(STREAMS.c.run)
        )
        async with self.db.transaction() as session:
            found: int | None = (await session.execute(statement)).scalar()
        return found

    async def end(
        self, session: AsyncSession, stream: str, state: str, run: int | None
    ) -> int | None:
        """Note how a stream has ended, unless it has ended already.

        Args:
            session: The session that also writes the last record.
            stream: The id.
            state: How it has ended.
            run: The run that ends it; None for whichever is the current one.

        Returns:
            The current run; None if the stream has ended before, or belongs to a later run.
        """
        statement = (
            update(STREAMS)
            .where(STREAMS.c.id == stream, STREAMS.c.state == "running")
            .values(state=state, kept_until=self._now + self._ttl)
            .returning(STREAMS.c.run)
        )
        if run is not None:
            statement = statement.where(STREAMS.c.run == run)
        found: int | None = (await session.execute(statement)).scalar()
        return found
