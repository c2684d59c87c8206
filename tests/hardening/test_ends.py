"""The end of a connection harms no honest client: the answer arrives, also while it still sends."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from benchmarks.hardening import servers
from benchmarks.hardening.servers import Server, start
from benchmarks.processes import ServerProcess
from tests.hardening.encrypted import AnyServer, certify
from tests.hardening.slow import ask

PROGRAM = "tests.hardening.slow_program:app"
SIZE = 6_000_000
LONG = f"Content-Length: {SIZE}"
#: What clients send before they read, and the status that they must see then.
REQUESTS = {
    "413": (ask("/upload", LONG, "Content-Type: application/json", method="POST"), 413),
    "413 of HTTP/1.0": (
        f"POST /upload HTTP/1.0\r\nContent-Type: text/plain\r\n{LONG}\r\n\r\n".encode(),
        413,
    ),
    "404 of the last request": (ask("/nowhere", LONG, "Connection: close", method="POST"), 404),
    "431": (ask("/")[:-2] + b"X: ", 431),
    "414": (b"GET /", 414),
}


@pytest.fixture(scope="module", params=["plain", "tls", "no keep-alive"])
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, ssl.SSLContext | None]]:
    options, context = certify(tmp_path_factory.mktemp("tls"))
    environment = {}
    if request.param == "tls":
        # The event loop of asyncio resets an encrypted connection on which data still arrives.
        folder = tmp_path_factory.mktemp("without")
        (folder / "uvloop.py").write_text("raise ImportError")
        environment["PYTHONPATH"] = os.pathsep.join([str(folder), str(servers.ROOT)])
    else:
        context = None
        options = ("--timeout-keep-alive", "0") if request.param == "no keep-alive" else ()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servers, "Server", AnyServer)
        with start("run", PROGRAM, options, environment=environment) as server:
            yield server, context


@pytest.mark.parametrize("name", REQUESTS)
def test_a_client_that_still_sends_gets_the_answer(
    name: str, target: tuple[Server, ssl.SSLContext | None]
) -> None:
    server, context = target
    first, status = REQUESTS[name]
    with _connect(server.port, context) as client, HTTPResponse(client) as answer:
        client.sendall(first)
        for _ in range(SIZE // 60_000):
            client.sendall(b"x" * 60_000)
            time.sleep(0.001)  # The server answers in the meantime.
        answer.begin()
        length = len(answer.read())
    assert (answer.status, answer.getheader("connection")) == (status, "close")
    assert length > 0


def _connect(port: int, context: ssl.SSLContext | None) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port))
    return client if context is None else context.wrap_socket(client, server_hostname="127.0.0.1")


def test_a_websocket_that_still_sends_gets_the_reason(
    target: tuple[Server, ssl.SSLContext | None],
) -> None:
    server, context = target
    scheme = "ws" if context is None else "wss"

    async def send_too_much(client: ClientConnection) -> None:
        await client.send([bytes(100_000)] * 80)  # One message, in fragments.
        await client.recv()

    async def talk() -> Close | None:
        url = f"{scheme}://127.0.0.1:{server.port}/ws"
        client = await connect(url, ssl=context, compression=None)
        with pytest.raises(ConnectionClosedError) as raised:
            await send_too_much(client)
        return raised.value.rcvd

    close = asyncio.run(talk())
    assert close is not None
    assert close.code == 1009


def test_a_slow_reader_of_a_unix_socket_gets_everything(tmp_path: Path) -> None:
    """The system takes nothing for it until three quarters of what it keeps are read."""
    path = str(tmp_path / "socket")
    command = [sys.executable, "-m", "pronghorn", "run", "--entrypoint", PROGRAM, "--uds", path]
    variables = {**os.environ, "PYTHONPATH": str(servers.ROOT)}
    server = ServerProcess([*command, "--timeout-send", "3"], servers.ROOT, variables, core=None)
    try:
        server.wait(lambda: Path(path).exists())
        assert _read_slowly(path) > 1 << 22
    finally:
        server.stop()


def _read_slowly(path: str) -> int:
    """Return the length of a large response, of which the first 6 seconds are read slowly."""
    received = 0
    deadline = time.monotonic() + 6
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(ask("/big", "Connection: close"))
        while part := client.recv(3000 if time.monotonic() < deadline else 1 << 16):
            received += len(part)
            if time.monotonic() < deadline:
                time.sleep(0.1)
    return received


def test_a_websocket_that_reads_slowly_has_time_to_find_the_ping() -> None:
    """Pings wait behind what was written before, so that it cannot answer them earlier."""
    options = ("--ws-ping-interval", "0.5", "--ws-ping-timeout", "1")
    with start("run", PROGRAM, options) as server, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        client.connect(("127.0.0.1", server.port))
        protocol = _shake_hands(client)
        assert _echo_slowly(client, protocol, 1_000_000) == 1_000_000
        assert _echo_slowly(client, protocol, 10) == 10


def _shake_hands(client: socket.socket) -> ClientProtocol:
    protocol = ClientProtocol(parse_uri("ws://127.0.0.1/ws"), max_size=None)
    protocol.send_request(protocol.connect())
    client.sendall(b"".join(protocol.data_to_send()))
    while protocol.state is not State.OPEN:
        protocol.receive_data(client.recv(1000))
    protocol.events_received()
    return protocol


def _echo_slowly(client: socket.socket, protocol: ClientProtocol, length: int) -> int:
    """Send a text, and read what comes back slowly. Returns its length."""
    if protocol.state is State.OPEN:
        protocol.send_text(b"x" * length)
    received = 0
    while received < length and protocol.close_rcvd is None:
        client.sendall(b"".join(protocol.data_to_send()))  # Pongs, too.
        data = client.recv(30_000)
        if not data:
            break
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                received += len(event.data)
        time.sleep(0.1)
    return received
