"""A client that leaves is noticed although data that it has sent before waits unread."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.hardening.servers import Server, start

PROGRAM = "tests.hardening.hidden_program:app"
PATIENCE = 40.0
#: More than a server reads at once, and less than a system receives for a program.
SOME = 400_000
#: More than a system receives for a program: the client's own system has the rest.
MUCH = 8_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with start("run", PROGRAM) as running:
        yield running


def head(method: str, path: str, size: int = 0) -> bytes:
    """The head of a request with a body of so many bytes."""
    length = f"Content-Length: {size}\r\n" if method == "POST" else ""
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\n{length}\r\n".encode()


def ask(port: int) -> Any:
    """Return which requests wait."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/waiting")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def wait_for(port: int, waiting: list[str]) -> None:
    """Wait until the program says that these requests wait."""
    end = time.monotonic() + PATIENCE
    while ask(port) != waiting:
        assert time.monotonic() < end
        time.sleep(0.05)


def leave(port: int, path: str, sent: bytes, *, resets: bool) -> None:
    """Send requests, and leave when the first one waits for that."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setblocking(False)
        while sent:
            try:
                sent = sent[client.send(sent) :]
            except BlockingIOError:  # The system has no room for more.
                break
        wait_for(port, [path])
        if resets:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_for(port, [])


@pytest.mark.parametrize("path", ["poll", "cancel"])
@pytest.mark.parametrize(("size", "resets"), [(SOME, False), (SOME, True), (MUCH, True)])
def test_a_body_that_is_pipelined(server: Server, path: str, size: int, resets: bool) -> None:
    sent = head("GET", f"/{path}") + head("POST", "/length", size) + b"x" * size
    leave(server.port, path, sent, resets=resets)


@pytest.mark.parametrize(("size", "resets"), [(SOME, False), (MUCH, True)])
def test_a_body_of_its_own_that_is_not_read(server: Server, size: int, resets: bool) -> None:
    sent = head("POST", "/cancel", size) + b"x" * size
    leave(server.port, "cancel", sent, resets=resets)


@pytest.mark.parametrize("options", [(), ("--protocol", "asgi")], ids=" ".join)
def test_a_long_body_that_was_read(options: tuple[str, ...]) -> None:
    """More than is kept arrives before the program reads it."""
    with start("run", PROGRAM, options) as running:
        with socket.create_connection(("127.0.0.1", running.port)) as client:
            client.sendall(head("POST", "/read", MUCH) + b"x" * MUCH)
            wait_for(running.port, [f"read {MUCH}"])
        wait_for(running.port, [])


def test_a_client_that_only_closes_its_sending_side_is_answered(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(head("GET", "/slow") + head("POST", "/length", SOME) + b"x" * SOME)
        client.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: client.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.endswith(str(SOME).encode())
