"""A client cannot make a server keep data that it has sent or that it does not read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.contract.servers import ROOT, RawConnection, Server, request

PROGRAM = "tests.adapters.program_of_isolation:app"
READERS = 200
MIB = 1 << 20


@pytest.fixture(params=["uvicorn", "protocol"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """On uvloop, which keeps what it cannot send yet as it is, on every Python."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = Server(request.param, PROGRAM, environment, "--loop", "uvloop")
    yield server
    server.stop()


def memory(server: Server) -> int:
    return int(httpx.get(f"{server.url}/memory").json())


@pytest.mark.parametrize("header", ["", "Connection: close"], ids=["kept alive", "closed"])
def test_readers_of_one_body_share_it(server: Server, header: str) -> None:
    before = memory(server)
    with ExitStack() as stack:
        connections = [stack.enter_context(RawConnection(server.port)) for _ in range(READERS)]
        for connection in connections:
            connection.send(request("GET", "/shared", *filter(None, [header])))
        for connection in connections:
            assert connection.read_bytes(12) == b"HTTP/1.1 200"  # it has been answered
        grown = memory(server) - before
        assert len(connections[0].makefile().read(4 * MIB)) == 4 * MIB
    assert grown < READERS * MIB


def test_who_does_not_read_a_long_file_does_not_make_the_server_read_it(server: Server) -> None:
    before = memory(server)
    with ExitStack() as stack:
        connections = [stack.enter_context(RawConnection(server.port)) for _ in range(READERS // 4)]
        for connection in connections:
            connection.send(request("GET", "/long-file"))
        for connection in connections:
            assert connection.read_bytes(12) == b"HTTP/1.1 200"
        grown = memory(server) - before
        assert len(connections[0].read_bytes(32 * MIB)) == 32 * MIB
    assert grown < len(connections) * MIB


BODIES = {
    "/json": ("application/json", b'{"text": "%b"}' % (b"x" * MIB)),
    "/form": ("application/x-www-form-urlencoded", b"text=" + b"x" * 60_000 + b"&y" * 900),
}


@pytest.mark.parametrize("path", BODIES)
def test_an_idle_connection_keeps_nothing_of_its_last_request(server: Server, path: str) -> None:
    kind, body = BODIES[path]
    count = min(64 * MIB // len(body), 400)
    headers = [f"Content-Type: {kind}", "X-Long: " + "x" * 30_000]
    with ExitStack() as stack:
        connections = [stack.enter_context(RawConnection(server.port)) for _ in range(count)]
        for number, connection in enumerate(connections):
            if number == count // 4:  # the allocator has what it needs
                before = memory(server)
            connection.send(request("POST", path, *headers, body=body))
            assert connection.read().status == 200
        assert memory(server) - before < 16 * MIB


def test_content_types_are_not_kept(server: Server) -> None:
    with RawConnection(server.port) as connection:
        for number in range(-100, 700):
            if number == 0:  # the allocator has what it needs
                before = memory(server)
            connection.send(posted(f"application/x{number}" + "a" * 30_000))
            assert connection.read().status == 422
    assert memory(server) - before < 10 * MIB


def posted(content_type: str) -> bytes:
    return request("POST", "/json", f"Content-Type: {content_type}", body=b"{}")
