"""A channel as server-sent events: ids, resuming, resets, the end of the server, and OpenAPI."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterator
from typing import Annotated, Any

import pytest

from pronghorn import APIRouter, Depends, FastAPI, HTTPException
from pronghorn.channels import BoundChannel, Channel, Channels, Feed, Subscribe
from pronghorn.core.stopping import stopping
from pronghorn.exceptions import SetupError
from pronghorn.responses import EventSourceResponse
from pronghorn.testclient import TestClient
from tests.channels.stores import Message, room

channels = Channels.memory()
router = APIRouter()
RoomFeed = Annotated[Feed[Message], Subscribe(channels, room)]
brief = Channel("brief", Message, keep=2)


@router.get("/rooms/{room_id}/events", response_class=EventSourceResponse)
async def events(room_id: int, feed: RoomFeed, most: int = 99) -> AsyncIterable[Message]:
    """Stream the messages of a room."""
    async for message in feed:
        yield message
        most -= 1
        if not most:
            return


@router.get("/brief", response_class=EventSourceResponse)
async def brief_events(
    feed: Feed[Message] = Subscribe(channels, brief), most: int = 99
) -> AsyncIterable[Message]:
    """Stream the messages of a channel without parameters."""
    async for message in feed:
        yield message
        most -= 1
        if not most:
            return


def find_inbox(user: str) -> BoundChannel[Message]:
    """Find the channel of a user."""
    if user == "nobody":
        raise HTTPException(404)
    return room(user)


@router.get("/inbox", response_class=EventSourceResponse)
async def inbox(
    feed: Annotated[Feed[Message], Subscribe(channels, find_inbox)],
) -> AsyncIterable[Message]:
    """Stream the first message of a user."""
    async for message in feed:
        yield message
        return


@router.post("/rooms/{room_id}")
async def publish(room_id: int, message: Message) -> str | None:
    """Publish a message."""
    return await channels.publish(room(room_id), message)


@router.post("/brief")
async def publish_brief(message: Message) -> str | None:
    """Publish a message."""
    return await channels.publish(brief, message)


def _make(form: str) -> tuple[FastAPI, str]:
    app = FastAPI()
    if form == "router":
        app.include_router(router)
        return app, ""
    if form == "prefix":
        app.include_router(router, prefix="/v1")
        return app, "/v1"
    inside = FastAPI()
    inside.include_router(router)
    app.mount("/inside", inside)
    return app, "/inside"


@pytest.fixture(params=["router", "prefix", "mounted", "middleware"])
def site(request: pytest.FixtureRequest) -> Iterator[tuple[TestClient, str]]:
    """The routes, in several forms of an application."""
    app, prefix = _make("router" if request.param == "middleware" else request.param)
    if request.param == "middleware":

        @app.middleware("http")
        async def pass_on(request: Any, call_next: Any) -> Any:
            return await call_next(request)

    with TestClient(app) as client:
        yield client, prefix


def _data(text: str) -> str:
    return f'data: {{"text":"{text}"}}\n\n'


def test_a_client_goes_on_after_the_last_event(site: tuple[TestClient, str]) -> None:
    client, prefix = site
    url = f"{prefix}/rooms/7"
    ids = [client.post(url, json={"text": text}).json() for text in "abcd"]
    got = client.get(f"{url}/events?most=2", headers={"Last-Event-ID": ids[1]})
    assert got.headers["content-type"].startswith("text/event-stream")
    assert got.text == (f"id: {ids[1]}\n\nid: {ids[2]}\n{_data('c')}id: {ids[3]}\n{_data('d')}")
    assert client.get(f"{url}/events?most=2&after={ids[1]}").text == got.text
    # The header is newer than the address, which stays the same when a client comes back.
    newer = client.get(f"{url}/events?most=1&after=0", headers={"Last-Event-ID": ids[2]})
    assert newer.text == f"id: {ids[2]}\n\nid: {ids[3]}\n{_data('d')}"


def test_the_type_of_the_path_decides_the_channel(site: tuple[TestClient, str]) -> None:
    client, prefix = site
    client.post(f"{prefix}/rooms/0012", json={"text": "x"})
    assert _data("x") in client.get(f"{prefix}/rooms/012/events?most=1&after=0").text
    assert client.get(f"{prefix}/rooms/twelve/events").status_code == 422


def test_a_cursor_that_is_too_old_gets_a_reset_event(site: tuple[TestClient, str]) -> None:
    client, prefix = site
    ids = [client.post(f"{prefix}/brief", json={"text": text}).json() for text in "abcd"]
    got = client.get(f"{prefix}/brief?most=2", headers={"Last-Event-ID": ids[0]})
    assert got.text == (
        f"event: reset\ndata: {{}}\nid: {ids[1]}\n\n"
        f"id: {ids[2]}\n{_data('c')}id: {ids[3]}\n{_data('d')}"
    )
    lost = client.get(f"{prefix}/brief?most=1", headers={"Last-Event-ID": "of-another-server"})
    assert lost.text.startswith("event: reset\n")
    assert client.get(f"{prefix}/brief?after=x").status_code == 422


def test_a_dependency_may_choose_the_channel(site: tuple[TestClient, str]) -> None:
    client, prefix = site
    client.post(f"{prefix}/rooms/42", json={"text": "mine"})
    assert _data("mine") in client.get(f"{prefix}/inbox?user=42&after=0").text
    assert client.get(f"{prefix}/inbox?user=nobody").status_code == 404


def test_a_stream_ends_with_the_server_and_says_when_to_come_back() -> None:
    app, _ = _make("router")

    async def stop() -> None:
        stopping.tell()

    @app.get("/stopped", response_class=EventSourceResponse)
    async def stopped(
        feed: Annotated[Feed[Message], Subscribe(channels, brief)],
    ) -> AsyncIterable[Message]:
        await channels.publish(brief, Message(text="last"))
        async for message in feed:
            yield message
            await stop()

    try:
        with TestClient(app) as client:
            text = client.get("/stopped").text
    finally:
        stopping.forget()
    assert _data("last") in text
    assert text.splitlines()[-2].startswith("retry: ")


def test_the_document_says_what_is_streamed() -> None:
    app, _ = _make("router")
    operation = app.openapi()["paths"]["/rooms/{room_id}/events"]["get"]
    parameters = {each["name"]: each for each in operation["parameters"]}
    assert set(parameters) == {"room_id", "most", "Last-Event-ID", "after"}
    assert parameters["room_id"]["schema"]["type"] == "integer"
    assert parameters["Last-Event-ID"]["in"] == "header"
    stream = operation["responses"]["200"]["content"]["text/event-stream"]["itemSchema"]
    assert stream["properties"]["data"]["contentSchema"] == {"$ref": "#/components/schemas/Message"}


def test_mistakes_are_found_when_a_route_is_declared() -> None:
    app = FastAPI()
    with pytest.raises(SetupError, match="has the parameter 'room_id', and the path"):

        @app.get("/events", response_class=EventSourceResponse)
        async def nowhere(feed: RoomFeed) -> AsyncIterable[Message]:
            async for message in feed:
                yield message

    with pytest.raises(SetupError, match="does not answer with server-sent events"):

        @app.get("/rooms/{room_id}")
        async def plain(room_id: int, feed: RoomFeed) -> str:
            return "no stream"

    with pytest.raises(SetupError, match="`async` was left out"):

        @app.get("/rooms/{room_id}", response_class=EventSourceResponse)
        def blocking(room_id: int, feed: RoomFeed) -> Iterator[str]:
            yield "x"

    with pytest.raises(SetupError, match="has 2 feeds"):

        @app.get("/rooms/{room_id}", response_class=EventSourceResponse)
        async def two(
            room_id: int, feed: RoomFeed, other: Annotated[Any, Subscribe(channels, brief)]
        ) -> AsyncIterable[Message]:
            async for message in feed:
                yield message

    with pytest.raises(SetupError, match="is no channel"):
        Depends(Subscribe(channels, "room"))  # type: ignore[arg-type]  # the test
