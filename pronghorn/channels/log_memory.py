"""A log in the memory of this process, for tests and for programs with one process."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Mapping
from itertools import islice
from threading import Lock
from typing import Any

from pronghorn.channels.log import Entry, Limits, Ring, Span
from pronghorn.core.setup_errors import setup_error

#: The seconds after which an empty channel is forgotten, as its last id.
FORGET = 86_400.0


class _Kept:
    """The entries of one channel, each with the time at which it ends."""

    def __init__(self) -> None:
        self.first = time.time_ns() // 1000
        self.newest = self.first - 1
        self.used = time.monotonic()
        self.entries: deque[tuple[Entry, float | None]] = deque()

    def drop_old(self) -> None:
        """Remove the entries whose time is over; all of a channel have the same duration."""
        now = time.monotonic()
        while self.entries and (end := self.entries[0][1]) is not None and end <= now:
            self.entries.popleft()


class MemoryLog:
    """A log that ends with the process.

    Attributes:
        poll: None, since every entry is made here.
        is_isolated: False.
        announces: False.
    """

    poll: float | None = None
    is_isolated = False
    announces = False

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()  # Endpoints may run on several event loops.

    async def append(self, session: Any, channel: str, payload: bytes, limits: Limits) -> int:
        """Add an entry, and return its id.

        Raises:
            SetupError: A session was passed, and memory has no transactions.
        """
        if session is not None:
            raise setup_error(
                "An entry for a log in memory was added with a session",
                "the channels were to be in the database of the session",
                "Channels(db)",
            )
        with self._lock:
            kept = self._kept.get(channel)
            if kept is None:
                kept = self._kept[channel] = _Kept()
            kept.used = time.monotonic()
            kept.newest += 1
            end = None if limits.ttl is None else kept.used + limits.ttl
            kept.entries.append((Entry(kept.newest, payload), end))
            while limits.keep is not None and len(kept.entries) > limits.keep:
                kept.entries.popleft()
            kept.drop_old()
            return kept.newest

    async def read(self, channel: str, after: int, limit: int) -> list[Entry]:
        """Return the entries after an id, oldest first."""
        with self._lock:
            kept = self._kept.get(channel)
            if kept is None:
                return []
            kept.drop_old()
            later = (entry for entry, _ in kept.entries if entry.id > after)
            return list(islice(later, limit))

    async def span(self, channel: str) -> Span:
        """Return the ids of a channel."""
        with self._lock:
            kept = self._kept.get(channel)
            return Span(0, 0) if kept is None else Span(kept.first, kept.newest)

    async def find_changed(self, positions: Mapping[str, int]) -> Collection[str]:
        """Return the names of the channels that have entries after an id."""
        with self._lock:
            found = {name: self._kept.get(name) for name in positions}
        return [name for name, kept in found.items() if kept and kept.newest > positions[name]]

    async def listen(self, ring: Ring) -> None:
        """Return at once: there are no other processes."""

    async def announce(self, newest: Mapping[str, int]) -> None:
        """Do nothing: there are no other processes."""

    async def trim(self) -> None:
        """Delete the entries whose time is over, and forget channels that were empty for a day."""
        with self._lock:
            limit = time.monotonic() - FORGET
            for name, kept in list(self._kept.items()):
                kept.drop_old()
                if not kept.entries and kept.used < limit:
                    del self._kept[name]
