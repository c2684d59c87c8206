"""The chat example: rooms, clients that leave or are too slow, and the page."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import anyio
import pytest
import websockets.sync.client
from websockets.exceptions import ConnectionClosed

import chat
from pronghorn import WebSocketDisconnect
from pronghorn.testclient import TestClient

from .servers import serve, stop


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client whose connections share one event loop."""
    with TestClient(chat.app) as client:
        yield client


def test_members_of_a_room_hear_each_other(client: TestClient) -> None:
    with client.websocket_connect("/rooms/lobby?name=Ann") as ann:
        assert ann.receive_json() == {"name": "Ann", "text": "joins"}
        with client.websocket_connect("/rooms/lobby?name=Bob") as bob:
            assert ann.receive_json() == bob.receive_json() == {"name": "Bob", "text": "joins"}
            ann.send_text("<b>Hello</b>")
            expected = {"name": "Ann", "text": "<b>Hello</b>"}
            assert ann.receive_json() == bob.receive_json() == expected
        assert ann.receive_json() == {"name": "Bob", "text": "leaves"}


def test_rooms_are_apart_and_vanish_when_empty(client: TestClient) -> None:
    with client.websocket_connect("/rooms/one?name=Ann") as ann:
        with client.websocket_connect("/rooms/two?name=Bob") as bob:
            assert client.get("/rooms").json() == {"one": 1, "two": 1}
            ann.receive_json()
            bob.receive_json()
            bob.send_text("Is anybody here?")
            assert bob.receive_json()["text"] == "Is anybody here?"
        ann.send_text("Hello")
        assert ann.receive_json() == {"name": "Ann", "text": "Hello"}
    assert client.get("/rooms").json() == {}


@pytest.mark.parametrize("path", ["/rooms/lobby", "/rooms/lobby?name=", "/rooms/A%20b?name=Ann"])
def test_a_connection_without_a_proper_name_is_refused(client: TestClient, path: str) -> None:
    with pytest.raises(WebSocketDisconnect) as refusal, client.websocket_connect(path):
        pass
    assert refusal.value.code == 1008


def test_a_text_that_is_too_long_closes_the_connection(client: TestClient) -> None:
    with client.websocket_connect("/rooms/lobby?name=Ann") as ann:
        ann.receive_json()
        ann.send_text("x" * 2001)
        with pytest.raises(WebSocketDisconnect) as end:
            ann.receive_json()
        assert end.value.code == 1009
    assert client.get("/rooms").json() == {}


def test_bytes_close_the_connection(client: TestClient) -> None:
    with client.websocket_connect("/rooms/lobby?name=Ann") as ann:
        ann.receive_json()
        ann.send_bytes(b"Hello")
        with pytest.raises(WebSocketDisconnect) as end:
            ann.receive_json()
        assert (end.value.code, end.value.reason) == (1003, "Text messages only")
    assert client.get("/rooms").json() == {}


def test_a_member_whose_queue_is_full_does_not_hold_up_the_room() -> None:
    async def flood() -> tuple[int, int]:
        rooms = chat.Rooms()
        with rooms.enter("lobby", "Slow") as slow, rooms.enter("lobby", "Fast") as fast:
            heard = 0
            for number in range(300):
                rooms.say("lobby", chat.Message(name="Fast", text=str(number)))
                heard += fast.messages.statistics().current_buffer_used
                while fast.messages.statistics().current_buffer_used:
                    fast.messages.receive_nowait()
            waiting = [message async for message in slow.messages]  # Ends: the queue was closed.
            return len(waiting), heard

    assert anyio.run(flood) == (chat.MAX_WAITING, 301)


def test_the_page_joins_rooms(client: TestClient) -> None:
    response = client.get("/")
    assert response.headers["Content-Type"].startswith("text/html")
    assert "new WebSocket(address)" in response.text


def test_runs_as_a_process_and_notices_who_leaves() -> None:
    with serve("chat.py") as (process, client):
        address = str(client.base_url).replace("http", "ws").rstrip("/")
        connect = websockets.sync.client.connect
        with connect(f"{address}/rooms/lobby?name=Ann", proxy=None) as ann:
            assert "joins" in str(ann.recv(10))
            with connect(f"{address}/rooms/lobby?name=Bob", proxy=None) as bob:
                assert "Bob" in str(ann.recv(10))
                # Without a closing handshake, as when a process is killed.
                bob.socket.shutdown(socket.SHUT_RDWR)
            assert '"text":"leaves"' in str(ann.recv(10))
            assert client.get("/rooms").json() == {"lobby": 1}
            stop(process)
            with pytest.raises(ConnectionClosed) as end:
                ann.recv(10)
            assert end.value.rcvd is not None
            assert end.value.rcvd.code == 1012  # The service restarts.
