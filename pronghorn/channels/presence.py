"""The connections that are seen in a channel: in memory, or in a table for all processes.

A row belongs to the node (`pronghorn.nodes`) that holds the connection. When a node is dead,
another one deletes its rows. The transaction that deletes a row tells of it, so each end is told
once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal, Protocol
from uuid import uuid4

from pydantic import BaseModel

#: The begin of the name of a channel with the changes of another one. No other name has a slash.
CHANGES_OF = "presence/"


class Change(BaseModel):
    """Somebody has come to a channel, or has left it.

    Attributes:
        kind: `join` or `leave`.
        key: The connection.
        meta: What the program says about it.
    """

    kind: Literal["join", "leave"]
    key: str
    meta: dict[str, Any]


class Present(BaseModel):
    """A connection to a channel.

    Attributes:
        key: Its own name, also if the same person is connected twice.
        meta: What the program says about it.
        joined_at: When it came, in UTC.
    """

    key: str
    meta: dict[str, Any]
    joined_at: datetime


class Presence(Protocol):
    """A store of connections."""

    def stay(self, channel: str, meta: dict[str, Any]) -> AbstractAsyncContextManager[str]:
        """Be present inside of the block; return the key of the connection.

        Args:
            channel: The name of the channel.
            meta: What the program says about the connection, which becomes JSON.
        """
        ...

    async def list(self, channel: str) -> list[Present]:
        """Return all connections to a channel, of all processes, the oldest first."""
        ...


#: Publishes a change: `await tell(session, channel, change)`.
Tell = Callable[[Any, str, Change], Awaitable[object]]


class MemoryPresence:
    """The connections of this process.

    Args:
        tell: Publishes a change.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._present: dict[str, dict[str, Present]] = defaultdict(dict)

    @asynccontextmanager
    async def stay(self, channel: str, meta: dict[str, Any]) -> Any:
        """Be present inside of the block; return the key of the connection."""
        key = str(uuid4())
        self._present[channel][key] = Present(key=key, meta=meta, joined_at=datetime.now(UTC))
        try:
            await self._tell(None, channel, Change(kind="join", key=key, meta=meta))
            yield key
        finally:
            del self._present[channel][key]
            if not self._present[channel]:
                del self._present[channel]
            await self._tell(None, channel, Change(kind="leave", key=key, meta=meta))

    async def list(self, channel: str) -> list[Present]:
        """Return all connections to a channel, the oldest first."""
        return list(self._present.get(channel, {}).values())
