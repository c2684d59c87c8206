"""The stores of channels, and readers that collect what arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pronghorn.channels import Channel, Channels, Event, Reset
from pronghorn.sql import Database
from tests.contract.servers import PATIENCE


class Message(BaseModel):
    """What the tests send."""

    text: str


room = Channel("room:{room_id}", Message)


@dataclass
class Store:
    """Channels, with the database that they are in."""

    channels: Channels
    db: Database | None

    @classmethod
    def on(cls, db: Database) -> Store:
        """Return channels in a database."""
        return cls(Channels(db), db)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Channels]:
        """Run the store, as the lifespan of an application does."""
        if self.db is None:
            yield self.channels
            return
        async with self.db.lifespan():
            yield self.channels


def run(test: Callable[[], Awaitable[Any]]) -> Any:
    """Run a test on an event loop of its own, with a generous limit."""

    async def limited() -> Any:
        async with asyncio.timeout(PATIENCE):
            return await test()

    return asyncio.run(limited())


async def take(events: AsyncIterator[Event[Any] | Reset], number: int) -> list[Any]:
    """Return the next events of a reader: the text of each, or `Reset`."""
    found: list[Any] = []
    async for event in events:
        found.append("reset" if isinstance(event, Reset) else event.data.text)
        if len(found) == number:
            break
    return found


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something has happened that nobody announces."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)
