"""The readers of one event loop: they look into the log and give what is new to subscribers.

However many subscribers a channel has, it is read once. However many channels there are, one
connection receives wake-ups, and one question finds out which channels have something new.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from typing import Any

from pronghorn.channels.log import Entry, Log
from pronghorn.channels.subscribers import Gap, Item, Position, Subscriber
from pronghorn.concurrency import wait_until_stopping
from pronghorn.core.stopping import stopping
from pronghorn.logger import logger

#: How many entries are read at a time.
BATCH = 64
#: The seconds for which the listener stays after the last subscriber, who may come back.
_LINGER = 5.0
#: The seconds that a last wake-up may take at the end.
_LAST = 2.0
#: The seconds between two deletions of old entries.
_TRIM = 60.0
#: The longest pause after an error of the store, in seconds.
_LONGEST_PAUSE = 2.0


class Reader:
    """The reader of one channel.

    Args:
        name: The name of the channel.
        position: The place from which it reads.
    """

    def __init__(self, name: str, position: int) -> None:
        self.name = name
        self.position = Position(position)
        self.subscribers: set[Subscriber] = set()

    def deliver(self, entry: Entry) -> None:
        """Give an entry to all subscribers, unless they have it."""
        for item in self.position.accept(entry):
            self._give(item)

    def skip(self, newest: int) -> None:
        """Tell all subscribers that all entries up to an id are gone."""
        if newest > self.position.id:
            self.position.id = newest
            self._give(Gap(newest))

    def _give(self, item: Item) -> None:
        for subscriber in tuple(self.subscribers):
            subscriber.offer(item)


class Hub:
    """All readers of one event loop.

    Args:
        log: The log.
    """

    def __init__(self, log: Log) -> None:
        self.log = log
        self._loop = asyncio.get_running_loop()
        self._readers: dict[str, Reader] = {}
        self._due: set[str] = set()
        self._all_due = False
        self._is_due = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._ending: asyncio.Task[None] | None = None
        self._unannounced: dict[str, int] = {}
        self._announcer: asyncio.Task[None] | None = None
        self._trimmed = time.monotonic()

    # --- subscribers ----------------------------------------------------------------------

    def position(self, name: str) -> int | None:
        """Return the id that the reader of a channel has reached; None without a reader."""
        reader = self._readers.get(name)
        return reader.position.id if reader else None

    @contextmanager
    def subscribe(self, name: str, position: int, subscriber: Subscriber) -> Iterator[int]:
        """Give a subscriber what is new in a channel, until the end of the block.

        Args:
            name: The name of the channel.
            position: The id that the subscriber has reached.
            subscriber: The subscriber.

        Returns:
            The id from which on the subscriber gets everything; it reads what is before by itself.
        """
        reader = self._readers.get(name)
        if reader is None:
            reader = self._readers[name] = Reader(name, position)
            if not self.log.is_isolated:
                self.ring(name)
        reader.subscribers.add(subscriber)
        self._start()
        if stopping.is_told:
            subscriber.end("stopping")
        try:
            yield reader.position.id
        finally:
            reader.subscribers.discard(subscriber)
            if not reader.subscribers and self._readers.get(name) is reader:
                del self._readers[name]
            if not self._readers:
                self._loop.call_later(0 if stopping.is_told else _LINGER, self._stop_unused)

    # --- wake-ups -------------------------------------------------------------------------

    def ring(self, name: str | None, newest: int | None = None) -> None:
        """Look into a channel soon, if it has subscribers here that lack an entry.

        Args:
            name: The name of the channel; None for all.
            newest: The newest id of the channel, if it is known.
        """
        if name is None:
            self._all_due = True
        else:
            position = self.position(name)
            if position is None or (newest is not None and newest <= position):
                return
            self._due.add(name)
        self._is_due.set()

    def push(self, name: str, entry: Entry) -> None:
        """Deliver an entry of this process, without a look into the log if it is the next one."""
        reader = self._readers.get(name)
        if reader is None:
            return
        position = reader.position.id
        if entry.id == position + 1 or (self.log.is_isolated and not position):
            reader.deliver(entry)
        else:
            self.ring(name, entry.id)

    def announce(self, name: str, newest: int) -> None:
        """Wake the readers of other processes soon; many entries need only one wake-up.

        Args:
            name: The name of the channel.
            newest: The id of an entry that has become visible.
        """
        if self.log.announces:
            self._unannounced[name] = max(newest, self._unannounced.get(name, 0))
        is_old = time.monotonic() - self._trimmed > _TRIM
        if (self._unannounced or is_old) and self._announcer is None:
            self._announcer = self._spawn(self._announce())

    async def _announce(self) -> None:
        try:
            while self._unannounced:
                newest, self._unannounced = self._unannounced, {}
                await self.log.announce(newest)
            if time.monotonic() - self._trimmed > _TRIM:
                self._trimmed = time.monotonic()
                await self.log.trim()
        except Exception as error:  # noqa: BLE001 - the entries are there; readers look by themselves
            logger.debug("Channels could not wake other processes: %s", error)
        finally:
            self._announcer = None

    # --- reading --------------------------------------------------------------------------

    def _start(self) -> None:
        if not self._tasks:
            jobs: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = (
                self._read_for_ever,
                lambda: self.log.listen(self.ring),
                self._end_when_stopping,
            )
            self._tasks = [self._spawn(job()) for job in jobs]

    def _spawn(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a job that outlives the request that begins it, without its context variables."""
        return self._loop.create_task(job, context=Context(), name="pronghorn channels")

    def _stop_unused(self) -> None:
        if not self._readers:
            self._ending = self._spawn(_cancel(self._tasks))
            self._tasks = []

    async def close(self) -> None:
        """End everything in the background, after what is to be announced; subscribers end, too."""
        self._end_all("stopping")
        if self._announcer is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._announcer), _LAST)
        tasks = [*self._tasks, self._announcer] if self._announcer else self._tasks
        self._tasks = []
        await _cancel(tasks)

    def _end_all(self, reason: str) -> None:
        for reader in tuple(self._readers.values()):
            for subscriber in tuple(reader.subscribers):
                subscriber.end(reason)

    async def _end_when_stopping(self) -> None:
        await wait_until_stopping()
        self._end_all("stopping")

    async def _read_for_ever(self) -> None:
        pause = 0.0
        while True:
            await self._wait()
            try:
                await self._read_due()
                pause = 0.0
            except Exception as error:  # noqa: BLE001 - any store, any reason: it may come back
                if not pause:
                    logger.warning("Channels cannot read their log: %s", error)
                pause = min(_LONGEST_PAUSE, max(0.05, 2 * pause))
                self._all_due = True
                await asyncio.sleep(pause)
                self._is_due.set()

    async def _wait(self) -> None:
        """Return when something is due, or when it is time to look for what nobody told."""
        poll = self.log.poll if self._readers and not self.log.is_isolated else None
        try:
            async with asyncio.timeout(poll):
                await self._is_due.wait()
        except TimeoutError:
            self._all_due = True
        self._is_due.clear()

    async def _read_due(self) -> None:
        names, self._due = self._due, set()
        if self._all_due:
            positions = {name: reader.position.id for name, reader in self._readers.items()}
            self._all_due = False
            if positions:
                names.update(await self.log.find_changed(positions))
        for name in names:
            reader = self._readers.get(name)
            if reader is not None:
                await self._read(reader)

    async def _read(self, reader: Reader) -> None:
        """Deliver what is new in one channel."""
        log, name = self.log, reader.name
        while True:
            entries = await log.read(name, reader.position.id, BATCH)
            if not entries or not reader.position.id:
                # Everything after the position may be gone, or be before the first entry here.
                span = await log.span(name)
                reader.position.id = reader.position.id or max(0, span.first - 1)
                entries = await log.read(name, reader.position.id, BATCH)
                if not entries:
                    reader.skip(span.newest)
                    return
            for entry in entries:
                reader.deliver(entry)
            if len(entries) < BATCH:
                return
            await asyncio.sleep(0)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    """End tasks, also those whose library takes a cancellation for its own (`wait_for` in 3.11)."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        pending = (await asyncio.wait(pending, timeout=0.2))[1]
