"""Requests while the Redis of the channels is away: 503, and an error that programs can name."""

from __future__ import annotations

import logging
import socket
from typing import Any

import pytest
from redis.asyncio import Redis

from pronghorn import FastAPI, WebSocket
from pronghorn.channels import START, Channels, ChannelsAwayError
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from pronghorn.websockets import WebSocketDisconnect
from tests.channels.stores import Message, RedisStore, room, run
from tools.redis_server import RedisServer

DETAIL = {"detail": "Messages can neither be sent nor read now"}


@pytest.fixture
def away() -> Channels:
    """Channels whose server does not exist."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return Channels(Redis.from_url(f"redis://:hunter2@127.0.0.1:{port}"))


def test_a_request_is_answered_with_503(away: Channels, caplog: Any, mode: str) -> None:
    app = FastAPI()

    @app.post("/publish")
    async def publish() -> None:
        await away.publish(room(7), Message(text="a"))

    @app.get("/newest")
    async def newest() -> str:
        return await away.newest(room(7))

    @app.get("/read")
    async def read() -> list[str]:
        return [str(event) async for event in away.read(room(7), after=START)]

    @app.post("/caught")
    async def caught() -> str:
        with pytest.raises(ChannelsAwayError, match="does not answer: ConnectionError: "):
            await away.publish(room(7), Message(text="a"))
        return "later"

    with TestClient(app) as client, caplog.at_level(logging.ERROR, logger="pronghorn"):
        for method, path in (("POST", "/publish"), ("GET", "/newest"), ("GET", "/read")):
            found = client.request(method, path)
            assert (found.status_code, found.json()) == (503, DETAIL)
            assert found.headers["retry-after"] == "1"
        assert client.post("/caught").json() == "later"
    told = [one for one in caplog.records if "store of the channels" in one.getMessage()]
    assert len(told) == 1
    assert "hunter2" not in caplog.text


def test_the_handler_of_a_program_wins(away: Channels) -> None:
    app = FastAPI()

    @app.exception_handler(ChannelsAwayError)
    async def answer(request: Any, error: ChannelsAwayError) -> Any:
        from pronghorn.responses import PlainTextResponse

        return PlainTextResponse("later", 202)

    @app.post("/")
    async def publish() -> None:
        await away.publish(room(7), Message(text="a"))

    with TestClient(app) as client:
        assert client.post("/").status_code == 202


def test_a_websocket_is_closed(away: Channels) -> None:
    app = FastAPI()

    @app.websocket("/")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await away.publish(room(7), Message(text="a"))

    with (
        TestClient(app) as client,
        pytest.raises((WebSocketDisconnect, ChannelsAwayError)),
        client.websocket_connect("/") as connection,
    ):
        connection.receive_text()


def test_a_commit_stays_when_its_message_is_not_sent(
    away: Channels, sqlite_url: str, caplog: Any
) -> None:
    async def test() -> None:
        db = Database(sqlite_url)
        async with db.lifespan(), db.transaction() as session:
            await away.publish(room(7), Message(text="a"), session=session)

    with caplog.at_level(logging.ERROR, logger="pronghorn"):
        run(test)
    assert "failed after the commit" in caplog.text


def test_other_errors_of_redis_stay_what_they_are(
    redis_server: RedisServer, sqlite_url: str
) -> None:
    async def test() -> None:
        store = RedisStore.on(redis_server, Database(sqlite_url))
        async with store.running() as channels:
            await store.client.set("pronghorn:channel:room:7:entries", "no stream")
            with pytest.raises(Exception, match="WRONGTYPE"):
                await channels.publish(room(7), Message(text="a"))

    run(test)
