"""A chat for servers in processes of their own: `DATABASE_URL` names its database.

`CHANNELS_FAST` makes dead processes known soon.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterable
from typing import Annotated, Any

from pronghorn import FastAPI, WebSocket
from pronghorn.channels import Channels, Feed, Subscribe
from pronghorn.nodes import Nodes
from pronghorn.responses import EventSourceResponse
from pronghorn.sql import Database
from tests.channels.stores import Message, room

db = Database(os.environ["DATABASE_URL"])
if os.environ.get("CHANNELS_FAST"):
    Nodes.of(db, beat=0.2, dead_after=1.0)
channels = Channels(db, buffer=int(os.environ.get("CHANNELS_BUFFER", "256")))
app = FastAPI(lifespan=db.lifespan)


@app.post("/rooms/{room_id}", status_code=201)
async def publish(room_id: int, message: Message) -> str | None:
    """Publish a message."""
    return await channels.publish(room(room_id), message)


@app.get("/rooms/{room_id}/events", response_class=EventSourceResponse)
async def events(
    room_id: int, feed: Annotated[Feed[Message], Subscribe(channels, room)]
) -> AsyncIterable[Message]:
    """Stream the messages of a room."""
    async for message in feed:
        yield message


@app.websocket("/rooms/{room_id}")
async def chat(ws: WebSocket, room_id: int, user: str | None = None) -> None:
    """Publish what a client sends, and send what others publish."""
    presence = {"user": user} if user else None
    async with channels.join(ws, room(room_id), presence=presence) as here:
        async for message in here.receive():
            await here.publish(message)


@app.get("/rooms/{room_id}/present")
async def present(room_id: int) -> list[Any]:
    """Return the users that are present."""
    return [each.meta["user"] for each in await channels.present(room(room_id))]


@app.get("/rooms/{room_id}/changes")
async def changes(room_id: int) -> list[Any]:
    """Return who came and left until now."""
    bound = room(room_id).presence
    entries = await channels.log.read(bound.name, 0, 1000)
    found = [bound.decode(entry.payload) for entry in entries]
    return [f"{change.kind} {change.meta['user']}" for change in found]
