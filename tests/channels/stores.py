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
    db: Database | None = None

    @classmethod
    def on(cls, db: Database) -> Store:
        """Return channels in a database."""
        return cls(Channels(db), db)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Channels]:
        """Run the store, as the lifespan of an application does."""
        async with self.lifespan():
            yield self.channels

    @asynccontextmanager
    async def lifespan(self, app: Any = None) -> AsyncIterator[None]:
        """Open the store, and close it."""
        if self.db is None:
            yield
            return
        async with self.db.lifespan():
            yield


@dataclass
class RedisStore(Store):
    """Channels in Redis, with presence in a database."""

    client: Any = None

    @classmethod
    def on(cls, server: Any, db: Database) -> RedisStore:  # type: ignore[override]  # a test
        """Return channels in an empty database of a server."""
        from redis import Redis
        from redis.asyncio import Redis as AsyncRedis

        with Redis.from_url(server.url) as plain:
            plain.flushall()
        client = AsyncRedis.from_url(server.url)
        return cls(Channels(client, presence=db), db, client)

    @asynccontextmanager
    async def lifespan(self, app: Any = None) -> AsyncIterator[None]:
        """Open the store, and close it."""
        async with super().lifespan(app):
            yield
        await self.client.aclose()


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
