"""Run a producer: write its items, and say how it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException

from pronghorn.channels.streams.producers import SINK, Producer
from pronghorn.channels.streams.records import Item, Record, State, write_item
from pronghorn.channels.streams.writer import Writer, try_patiently

__all__ = ["Production"]

_TOO_LONG = "The stream took too long"


class Production:
    """One run of a producer.

    Args:
        producer: The producer.
        run: The number of the run.
        write: Writes a record into the log of the stream.
        pace: The seconds between two commits.
        timeout: The seconds that the producer may take; None for no limit.
        turns: Limits how many streams write at the same time.

    Attributes:
        error: What the producer has raised; None if it has not failed.
    """

    def __init__(
        self,
        producer: Producer,
        run: int,
        write: Callable[[Record], Awaitable[object]],
        *,
        pace: float,
        timeout: float | None,
        turns: asyncio.Semaphore,
    ) -> None:
        self.error: Exception | None = None
        self._producer = producer
        self._run = run
        self._write = write
        self._timeout = timeout
        self._turns = turns
        self._writer = Writer(self._write_group, pace, turns)

    async def put(self, item: Any) -> None:
        """Take an item of the producer."""
        await self._writer.put(write_item(item, self._producer.adapter))

    async def _write_group(self, first: int, items: list[Item]) -> None:
        await self._write(Record(run=self._run, first=first, items=items))

    async def run(self, collect: Callable[[], Awaitable[object]]) -> Record:
        """Run the producer to its end.

        Args:
            collect: Runs the generator, whose items come to `put`.

        Returns:
            The last record, which is not written yet.

        Raises:
            Exception: The log has failed for long.
        """
        token = SINK.set(self)
        try:
            if self._run > 1:
                # Clients learn at once that what they have is void.
                async with self._turns:
                    await try_patiently(lambda: self._write_group(1, []))
            detail = await self._collect(collect)
            rest = await self._writer.finish()
        finally:
            SINK.reset(token)
            await self._writer.stop()
        state: State = "done" if self.error is None else "failed"
        first = self._writer.next
        return Record(run=self._run, first=first, items=rest, state=state, detail=detail)

    async def _collect(self, collect: Callable[[], Awaitable[object]]) -> str | None:
        """Run the generator; return what clients may know of its failure."""
        limit = asyncio.timeout(self._timeout)
        try:
            async with limit:
                await collect()
        except Exception as error:  # noqa: BLE001 - the stream ends with it, and so does the job
            self.error = error
            if limit.expired():
                return _TOO_LONG
            # The text of any other exception may contain secrets.
            return str(error.detail) if isinstance(error, HTTPException) else None
        return None
