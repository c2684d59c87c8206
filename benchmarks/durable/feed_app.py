"""A program that streams one channel to everybody: its store is named by the variable `STORE`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from pydantic import BaseModel

from pronghorn import FastAPI
from pronghorn.channels import Channel, Channels, Feed, Subscribe
from pronghorn.responses import EventSourceResponse


class Sent(BaseModel):
    """A message: the nanosecond at which it was published."""

    at: int


news = Channel("news", Sent)


def open_channels(url: str) -> tuple[Channels, Any]:
    """Return the channels of a store, and the lifespan of its connections."""
    if url.startswith("redis"):
        from redis.asyncio import Redis

        client = Redis.from_url(url)
        channels = Channels(client)

        @asynccontextmanager
        async def lifespan(_: Any = None) -> AsyncIterator[None]:
            yield
            await channels.close()
            await client.aclose()

        return channels, lifespan
    from pronghorn.sql import Database

    db = Database(url)
    return Channels(db), db.lifespan


channels, lifespan = open_channels(os.environ.get("STORE", "sqlite://"))
app = FastAPI(lifespan=lifespan)


@app.get("/ready")
async def is_ready() -> bool:
    """Answer once the server has started."""
    return True


@app.get("/news", response_class=EventSourceResponse)
async def stream(feed: Annotated[Feed[Sent], Subscribe(channels, news)]) -> AsyncIterator[Sent]:
    """Stream the messages."""
    async for message in feed:
        yield message
