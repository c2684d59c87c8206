"""A server says in its log which limit has refused a request, and which option sets it."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from benchmarks.hardening.servers import Server, start
from tests.hardening.sizes import KIB, Sized, fields_of, get, head_of, json_of, line_of, parameters
from tests.hardening.sizes import send as ask

PROGRAM = "tests.hardening.sizes_program:app"
OPTIONS = [
    *("--max-json-size", "2048", "--max-header-count", "50", "--max-header-size", "4096"),
    *("--max-request-line", "1024", "--max-parameters", "20"),
]
#: A request, and what the log says of it.
REFUSED = [
    (Sized("body", json_of(b"/json", 2049), 413), ("may have 2,048 bytes", "--max-json-size")),
    (Sized("line", (line_of(1025),), 414), ("limit is 1,024 bytes", "--max-request-line")),
    (Sized("head", (head_of(5 * KIB),), 431), ("limit is 4,096 bytes", "--max-header-size")),
    (Sized("fields", (fields_of(51),), 431), ("limit is 50 header", "--max-header-count")),
    (Sized("query", (get(b"/?" + parameters(21)),), 400), ("limit is 20", "--max-parameters")),
]


def wait_for(server: Server, *texts: str) -> None:
    """Wait until one line of the log has some texts."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        lines = server.read_output().splitlines()
        if any(all(text in line for text in texts) for line in lines):
            return
        time.sleep(0.05)
    pytest.fail(f"no line with {texts} in\n{server.read_output()}")


@pytest.mark.parametrize("kind", ["run", "granian"])
def test_sizes(kind: str) -> None:
    with start(kind, PROGRAM, OPTIONS) as server:
        for request, texts in REFUSED:
            assert ask(server.port, request) == request.status, request.name
            wait_for(server, *texts)


@pytest.mark.parametrize("kind", ["run", "granian"])
def test_messages_of_websockets(kind: str) -> None:
    with start(kind, "tests.hardening.websocket_program:app", ["--ws-max-size", "1000"]) as server:
        address = f"ws://127.0.0.1:{server.port}/echo"
        with connect(address) as client, contextlib.suppress(ConnectionClosed):
            client.send("x" * 1001)
            client.recv(timeout=10)
        wait_for(server, "/echo", "1009", "limit is 1,000 bytes of a message", "--ws-max-size")


def test_a_slow_head() -> None:
    with start("run", PROGRAM, ["--timeout-head", "1"]) as server:
        with socket.create_connection(("127.0.0.1", server.port), 10) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a")
            assert client.recv(100).startswith(b"HTTP/1.1 408")
        wait_for(server, "127.0.0.1", "limit is 1 seconds for the head", "--timeout-head")


def test_a_refused_handshake_is_no_error() -> None:
    """A program that answers a handshake, as a limit does with 429, has done nothing wrong."""
    with start("run", "tests.hardening.websocket_program:app", []) as server:
        for path, status in (("/denies", 401), ("/refuses", 403)):
            with pytest.raises(InvalidStatus) as caught:
                connect(f"ws://127.0.0.1:{server.port}{path}")
            assert caught.value.response.status_code == status
        with connect(f"ws://127.0.0.1:{server.port}/echo") as client:  # The next one is served.
            client.send("hello")
            assert client.recv(timeout=10) == "hello"
        assert "ERROR" not in server.read_output()
        assert "handshake" not in server.read_output()
