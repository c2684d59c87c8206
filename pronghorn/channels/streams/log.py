"""The log of streams: their records in channels, beside the rows that say which of them count."""

from __future__ import annotations

from pronghorn.channels.channel import BoundChannel, Channel
from pronghorn.channels.channels import Channels
from pronghorn.channels.streams.records import Record, State
from pronghorn.channels.streams.table import StreamRows
from pronghorn.channels.streams.writer import try_patiently
from pronghorn.sql import Database

__all__ = ["StreamLog"]

#: Seconds for which the items of a producer without a time limit stay, beside the `ttl`.
_LONG = 7 * 24 * 3600.0


class StreamLog:
    """The log of all streams of one `Streams`.

    Args:
        channels: Keeps the records.
        db: The database of the rows.
        name: The name of the streams.
        ttl: The seconds for which a stream can be followed after its end.
        keep: How many records of a stream are kept; None for all.
        timeout: The seconds that a producer may take; None for no limit.

    Attributes:
        channels: Keeps the records.
        db: The database of the rows.
        rows: The rows.
    """

    def __init__(
        self,
        channels: Channels,
        db: Database,
        name: str,
        *,
        ttl: float,
        keep: int | None,
        timeout: float | None,
    ) -> None:
        self.channels = channels
        self.db = db
        self.rows = StreamRows(db, ttl)
        # The first item is there as long as the last.
        longest = ttl + (_LONG if timeout is None else timeout)
        self._channel = Channel(f"{name}:{{stream}}", Record, keep=keep, ttl=longest)
        #: The end of a stream and its last record are one commit.
        self._is_one_database = getattr(channels.log, "db", None) is db

    def of(self, stream: str) -> BoundChannel[Record]:
        """Return the channel of a stream."""
        return self._channel(stream=stream)

    async def write(self, stream: str, record: Record) -> None:
        """Write a record."""
        await self.channels.publish(self.of(stream), record)

    async def end(
        self,
        stream: str,
        state: State,
        record: Record | None = None,
    ) -> bool:
        """End a stream, unless it has ended already; try again for a while if a store fails.

        Args:
            stream: The id.
            state: How it ends.
            record: The last record of the run that ends it; None if somebody else ends it.

        Returns:
            False if it had ended before, or belongs to a later run.
        """
        if self._is_one_database:
            return await try_patiently(lambda: self._end_at_once(stream, state, record))
        if record is not None and record.items:
            items = record.model_copy(update={"state": None})
            await try_patiently(lambda: self.write(stream, items))
        current = await try_patiently(lambda: self._end_row(stream, state, record))
        if current is None:
            return False
        # If it fails, followers learn the state from the row.
        last = record or Record(run=current, first=0, state=state)
        await try_patiently(lambda: self.write(stream, last))
        return True

    async def _end_row(self, stream: str, state: State, record: Record | None) -> int | None:
        async with self.db.transaction() as session:
            return await self.rows.end(session, stream, state, _run_of(record))

    async def _end_at_once(self, stream: str, state: State, record: Record | None) -> bool:
        async with self.db.transaction() as session:
            current = await self.rows.end(session, stream, state, _run_of(record))
            if current is None:
                return False
            last = record or Record(run=current, first=0, state=state)
            await self.channels.publish(self.of(stream), last, session=session)
        return True


def _run_of(record: Record | None) -> int | None:
    return None if record is None else record.run
