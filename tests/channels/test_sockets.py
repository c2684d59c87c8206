"""WebSockets in a channel: messages both ways, bad ones, and who is present."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import pytest

from pronghorn import APIRouter, Depends, FastAPI, WebSocket
from pronghorn.channels import Channels
from pronghorn.testclient import TestClient
from pronghorn.websockets import WebSocketDisconnect
from tests.channels.stores import Message, Store, room


def find_user(user: str = "anna") -> str:
    """Return the user of a connection."""
    return user


def make_routes(channels: Channels) -> APIRouter:
    """Return the routes of a chat."""
    router = APIRouter()

    @router.websocket("/rooms/{room_id}")
    async def chat(ws: WebSocket, room_id: int, user: Annotated[str, Depends(find_user)]) -> None:
        async with channels.join(ws, room(room_id), presence={"user": user}) as here:
            async for message in here.receive():
                await here.publish(Message(text=f"{user}: {message.text}"))

    @router.websocket("/rooms/{room_id}/unseen")
    async def look(ws: WebSocket, room_id: int, after: str | None = None) -> None:
        async with channels.join(ws, room(room_id), after=after, ids=True) as here:
            async for _ in here.receive():
                pass

    @router.get("/rooms/{room_id}/present")
    async def present(room_id: int) -> list[Any]:
        return [each.meta["user"] for each in await channels.present(room(room_id))]

    @router.websocket("/changes/{room_id}")
    async def changes(ws: WebSocket, room_id: int) -> None:
        async with channels.join(ws, room(room_id).presence, after="0") as here:
            async for _ in here.receive():
                pass

    return router


@pytest.fixture
def client(store: Store) -> Iterator[TestClient]:
    """A chat on each store."""
    app = FastAPI(lifespan=store.lifespan)
    app.include_router(make_routes(store.channels), prefix="/v1")
    with TestClient(app) as client:
        yield client


def test_everybody_gets_what_is_sent(client: TestClient) -> None:
    with (
        client.websocket_connect("/v1/rooms/7?user=anna") as anna,
        client.websocket_connect("/v1/rooms/7?user=bert") as bert,
        client.websocket_connect("/v1/rooms/8") as other,
    ):
        anna.send_json({"text": "Hello"})
        assert anna.receive_json() == bert.receive_json() == {"text": "anna: Hello"}
        bert.send_json({"text": "Hi"})
        assert anna.receive_json() == bert.receive_json() == {"text": "bert: Hi"}
        other.send_json({"text": "?"})
        assert other.receive_json() == {"text": "anna: ?"}


def test_a_bad_message_closes_with_a_reason(client: TestClient) -> None:
    for bad, reason in (
        ('{"txt": "x"}', "text: Field required"),
        ("no json", "Invalid JSON: expected ident at line 1 column 2"),
        ('{"text": 7}', "text: Input should be a valid string"),
    ):
        with client.websocket_connect("/v1/rooms/7") as socket:
            socket.send_text(bad)
            with pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_text()
        assert closed.value.code == 1008
        assert closed.value.reason == reason


def test_a_binary_message_is_read_as_json(client: TestClient) -> None:
    with client.websocket_connect("/v1/rooms/7") as socket:
        socket.send_bytes(b'{"text": "x"}')
        assert socket.receive_json() == {"text": "anna: x"}


def test_a_socket_goes_on_after_an_id(client: TestClient) -> None:
    with (
        client.websocket_connect("/v1/rooms/7") as anna,
        client.websocket_connect("/v1/rooms/7/unseen") as first,
    ):
        for text in "abc":
            anna.send_json({"text": text})
        seen = [first.receive_json() for _ in range(3)]
    with client.websocket_connect(f"/v1/rooms/7/unseen?after={seen[0]['id']}") as again:
        assert [again.receive_json() for _ in range(2)] == seen[1:]
    with client.websocket_connect("/v1/rooms/7/unseen?after=lost") as lost:
        assert lost.receive_json() == {"id": str(int(seen[0]["id"]) - 1), "reset": True}
        assert lost.receive_json() == seen[0]


def test_those_present_are_known_and_changes_are_told_once(client: TestClient) -> None:
    url = "/v1/rooms/7/present"
    with client.websocket_connect("/v1/changes/7") as changes:
        with (
            client.websocket_connect("/v1/rooms/7?user=anna"),
            client.websocket_connect("/v1/rooms/7/unseen"),
        ):
            anna = changes.receive_json()
            with client.websocket_connect("/v1/rooms/7?user=bert"):
                bert = changes.receive_json()
                assert client.get(url).json() == ["anna", "bert"]
                assert client.get("/v1/rooms/8/present").json() == []
            assert changes.receive_json() == {**bert, "kind": "leave"}
            assert client.get(url).json() == ["anna"]
        assert changes.receive_json() == {**anna, "kind": "leave"}
        assert anna["meta"] == {"user": "anna"}
        assert client.get(url).json() == []


def test_an_error_of_the_program_ends_presence(store: Store) -> None:
    app = FastAPI(lifespan=store.lifespan)
    app.include_router(make_routes(store.channels))

    @app.websocket("/broken")
    async def broken(ws: WebSocket) -> None:
        async with store.channels.join(ws, room(7), presence={"user": "anna"}):
            raise ValueError("a mistake")

    with TestClient(app) as client:
        with (
            pytest.raises(ValueError, match="a mistake"),
            client.websocket_connect("/broken") as socket,
        ):
            socket.receive_text()
        assert client.get("/rooms/7/present").json() == []
