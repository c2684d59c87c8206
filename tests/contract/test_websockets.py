"""WebSockets over a connection."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.contract.conftest import eventually
from tests.contract.servers import Server


def url(server: Server, path: str) -> str:
    return f"ws://127.0.0.1:{server.port}{path}"


def test_text_and_bytes(server: Server) -> None:
    with connect(url(server, "/echo/room?key=x")) as websocket:
        websocket.send("hello")
        assert websocket.recv() == "room: hello"
        websocket.send(b"abc")
        assert websocket.recv() == b"cba"


def test_large_message(server: Server) -> None:
    with connect(url(server, "/echo/room?key=x")) as websocket:
        websocket.send(b"x" * 500_000)
        assert len(websocket.recv()) == 500_000


def test_client_leaves(server: Server) -> None:
    key = uuid4().hex
    with connect(url(server, f"/echo/room?key={key}")):
        pass
    with httpx.Client(base_url=server.url) as client:
        eventually(lambda: client.get(f"/events-of/{key}").json(), ["client left"])


def test_server_closes(server: Server) -> None:
    with connect(url(server, "/echo/room?key=x")) as websocket:
        websocket.send("close")
        with pytest.raises(ConnectionClosed):
            websocket.recv()


@pytest.mark.parametrize("path", ["/refused", "/nowhere", "/echo/room"])
def test_refusal(server: Server, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(url(server, path)):
        pass
    assert refused.value.response.status_code == 403


ENDS = [("return", 1011), ("http", 1011), ("unknown", 1011), ("websocket", 4002)]


@pytest.mark.parametrize(("how", "code"), ENDS)
def test_a_connection_that_is_left_open_is_closed(server: Server, how: str, code: int) -> None:
    websocket = connect(url(server, f"/ends/{how}"))
    with websocket, pytest.raises(ConnectionClosed) as closed:
        websocket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


def test_close_code(server: Server) -> None:
    with connect(url(server, "/echo/room?key=x")) as websocket:
        websocket.send("close")
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4001


def test_close_code_of_the_client(server: Server) -> None:
    key = uuid4().hex
    with connect(url(server, f"/chat?key={key}")) as websocket:
        websocket.close(4002)
    with httpx.Client(base_url=server.url) as client:
        eventually(lambda: client.get(f"/events-of/{key}").json(), ["closed with 4002"])


def test_subprotocol(server: Server) -> None:
    with connect(url(server, "/chat?key=x"), subprotocols=["first", "second"]) as websocket:  # type: ignore[list-item]  # names
        assert websocket.subprotocol == "second"
