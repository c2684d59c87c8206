"""The log below a channel: entries with ids, kept for a while, in a store of the program.

Subscribers read the log, so nothing is lost between two reads, whatever happens to a process or a
connection. A wake-up only says that it is worth looking; when none arrives, readers look anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, Protocol

#: Called with the name of a channel that has new entries, and with the newest id; with None and 0
#: if any channel may have some.
Ring = Callable[[str | None, int], None]


class Entry(NamedTuple):
    """One entry of a channel.

    Attributes:
        id: Its number. In one channel, numbers follow each other without gaps, in the order in
            which the entries became visible. The first one is a time, so a channel that was
            forgotten never repeats an id.
        payload: Its content.
    """

    id: int
    payload: bytes


class Span(NamedTuple):
    """The ids of one channel.

    Attributes:
        first: The id of the first entry that the channel ever had; 0 if it is unknown to the log.
        newest: The id of its last entry, which may be gone by now; 0 if the channel is unknown.
    """

    first: int
    newest: int


class Limits(NamedTuple):
    """The time and the number for which a log keeps the entries of a channel.

    Attributes:
        keep: The number of entries that are kept; None for all.
        ttl: The seconds for which an entry is kept; None for ever.
    """

    keep: int | None = None
    ttl: float | None = None


class Log(Protocol):
    """A store of entries.

    Attributes:
        poll: The seconds after which readers look for entries of which no wake-up told; None if
            every wake-up arrives.
    """

    poll: float | None

    @property
    def announces(self) -> bool:
        """Return True if it can wake the readers of other processes."""
        ...

    @property
    def is_isolated(self) -> bool:
        """Return True if nobody else sees the entries, as in a test that rolls back everything.

        Readers then take the entries of this process as they come, and do not poll.
        """
        ...

    async def append(self, session: Any, channel: str, payload: bytes, limits: Limits) -> int:
        """Add an entry, and return its id.

        Args:
            session: A session of the program, whose transaction the entry becomes a part of; None
                to make it visible at once.
            channel: The name of the channel.
            payload: The content.
            limits: What the channel keeps.
        """
        ...

    async def read(self, channel: str, after: int, limit: int) -> list[Entry]:
        """Return the entries after an id, oldest first.

        Args:
            channel: The name of the channel.
            after: The id after which to begin; 0 for the oldest entry that is kept.
            limit: How many entries to return at most.
        """
        ...

    async def span(self, channel: str) -> Span:
        """Return the ids of a channel."""
        ...

    async def find_changed(self, positions: Mapping[str, int]) -> Collection[str]:
        """Return the names of the channels that have entries after an id.

        Args:
            positions: The ids, by the name of the channel.
        """
        ...

    async def listen(self, ring: Ring) -> None:
        """Receive wake-ups of other processes until the task is cancelled.

        A lost connection is opened again. A store without wake-ups returns at once.

        Args:
            ring: Called for each wake-up, and after each new connection.
        """
        ...

    async def announce(self, newest: Mapping[str, int]) -> None:
        """Wake the readers of other processes.

        Args:
            newest: The newest ids, by the name of the channel.
        """
        ...

    async def trim(self) -> None:
        """Delete what is older than the channels keep; called now and then."""
        ...
