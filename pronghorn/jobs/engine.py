"""The engine below jobs: it hands each delivery to one worker, and knows who has it.

A delivery is a name, nothing else: what is to be done is in the row of the job. An engine may hand
out a delivery again, as after the death of a worker; the row says who may write the outcome.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

#: Called with a delivery that this worker has got, and with the reason if the engine finds
#: something wrong with its own row. It returns True when the delivery is over, and False to keep it
#: in the hands of this worker, which `resume` or a rescue takes from there.
Receive = Callable[[str, str | None], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A job to hand out to one worker.

    Args:
        id: Its name, which is new for each attempt of a job. Storing it twice stores it once.
        channel: The queue of the engine.
        delay: The seconds until it may be handed out.
    """

    id: str
    channel: str
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The most deliveries of a channel that may be in hand.

    Args:
        worker: In one worker.
        everywhere: In all workers; None for no limit.
    """

    worker: int
    everywhere: int | None = None


class Engine(Protocol):
    """Hands out deliveries. All that gets a session takes effect with its commit.

    A method with a session opens no other connection: on SQLite the session may hold the lock of
    writers.
    """

    async def prepare(self) -> None:
        """Create or change the tables of the engine; several processes may do so at once.

        Raises:
            SetupError: A table of the program has the name of one of the engine.
        """

    async def is_prepared(self, session: AsyncSession) -> bool:
        """Return whether the tables of the engine are there."""

    async def put(self, session: AsyncSession, delivery: Delivery) -> None:
        """Store a delivery."""

    async def start(self, receive: Receive, channels: Mapping[str, Limits], node: str) -> None:
        """Hand out the deliveries of these channels to this process, in this event loop.

        Args:
            receive: Called for each delivery; several calls run at the same time.
            channels: The channels, with their limits.
            node: The id of this process, for `lost`.
        """

    def pause(self) -> None:
        """Hand out nothing more. What was handed out may still end."""

    async def stop(self) -> None:
        """Close all connections and threads. Deliveries that have not ended stay in hand."""

    async def lost(self, session: AsyncSession, node: str) -> list[str]:
        """Return the deliveries that a process has in hand."""

    async def owners(self, session: AsyncSession) -> list[str]:
        """Return the ids of all processes that have deliveries in hand."""

    async def resume(self, session: AsyncSession, deliveries: Sequence[str], node: str) -> None:
        """Hand out deliveries again. What their former owner `node` does with them has no effect.

        Deliveries that `node` has no longer in hand are left alone.
        """

    async def kill(self, session: AsyncSession, deliveries: Sequence[str]) -> None:
        """Never hand out these deliveries again, and forget who has them in hand."""

    async def forget(self, session: AsyncSession, jobs: Sequence[str]) -> None:
        """Delete what the engine keeps about the deliveries of jobs that have ended."""
