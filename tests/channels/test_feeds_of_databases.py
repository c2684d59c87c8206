"""Server-sent events of channels in a database; annotations name objects of functions."""

from collections.abc import AsyncIterable
from typing import Annotated

from pronghorn import FastAPI, HTTPException
from pronghorn.channels import START, Channels, Feed, Subscribe
from pronghorn.responses import EventSourceResponse
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.channels.stores import Message, room


def test_streams_of_a_database(database: Database) -> None:
    own = Channels(database)
    app = FastAPI(lifespan=database.lifespan)

    @app.post("/{room_id}")
    async def send(room_id: int, message: Message, session: database.Session) -> None:
        await own.publish(room(room_id), message, session=session)
        if message.text == "bad":
            raise HTTPException(409)

    @app.get("/{room_id}", response_class=EventSourceResponse)
    async def receive(
        room_id: int, feed: Annotated[Feed[Message], Subscribe(own, room)]
    ) -> AsyncIterable[Message]:
        async for message in feed:
            yield message
            if message.text == "end":
                return

    with TestClient(app) as client:
        for text in ("good", "bad", "end"):
            client.post("/7", json={"text": text})
        text = client.get(f"/7?after={START}").text
    assert text.count("data: ") == 2
    assert "bad" not in text
