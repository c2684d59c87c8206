"""Requests whose targets are too long, and clients that wait for 100 for nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from tests.contract.servers import ROOT, RawConnection, Server, request

PROGRAM = "tests.contract.program:app"
LONGEST = 8192 - len("GET  HTTP/1.1")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    files = str(tmp_path_factory.mktemp("files"))
    environment = {**os.environ, "CONTRACT_FILES": files, "PYTHONPATH": str(ROOT)}
    server = Server("protocol", PROGRAM, environment)
    yield server
    server.stop()


def target(length: int, start: str = "/text?q=") -> str:
    return start + "x" * (length - len(start))


@pytest.mark.parametrize("start", ["/text?q=", "http://test/text?q="], ids=["path", "URL"])
def test_longest_target(server: Server, start: str) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", target(LONGEST, start)) + request("GET", "/text"))
        assert [connection.read().status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("length", [LONGEST + 1, 300_000])
@pytest.mark.parametrize("start", ["/", "/text?q=", "http://test/text?q=", "/text?q=#"])
def test_target_that_is_too_long(server: Server, start: str, length: int) -> None:
    """What is behind it is not answered, and the next connection is."""
    with RawConnection(server.port) as connection:
        connection.send(request("GET", target(length, start)) + request("GET", "/text"))
        answer = connection.read()
        assert (answer.status, answer.body) == (414, b"The target of the request is too long.")
        assert answer.headers["connection"] == "close"
        assert connection.is_closed_by_server()
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/text"))
        assert connection.read().body == b"plain text"


def test_requests_before_it_are_answered_first(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/in-thread/1") * 2 + request("GET", target(LONGEST + 1)))
        assert [connection.read().status for _ in range(3)] == [200, 200, 414]
        assert connection.is_closed_by_server()


def test_client_that_goes_on_sending_reads_the_answer(server: Server) -> None:
    """The target has no end; the server keeps none of it."""
    with RawConnection(server.port) as connection:
        connection.send(b"GET /" + b"x" * 1_000_000)
        for _ in range(8):
            connection.send(b"x" * 1_000_000)
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.read().status == 414
        assert connection.is_closed_by_server()


NO_CONTENT = {
    "no length": ("Expect: 100-continue",),
    "length 0": ("Expect: 100-continue", "Content-Length: 0"),
}


@pytest.mark.parametrize("path", ["/digest", "/ignored-body"])
@pytest.mark.parametrize("headers", NO_CONTENT.values(), ids=NO_CONTENT)
def test_nobody_is_told_to_go_on_without_content(
    server: Server, path: str, headers: tuple[str, ...]
) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("POST", path, *headers) + request("GET", "/text"))
        assert connection.read_bytes(12) == b"HTTP/1.1 200"


def test_end_of_chunks_that_waits_for_100(server: Server) -> None:
    headers = ("Expect: 100-continue", "Transfer-Encoding: chunked")
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    with RawConnection(server.port) as connection:
        connection.send(request("POST", "/digest", *headers))
        assert connection.read_bytes(len(interim)) == interim
        connection.send(b"0\r\n\r\n")
        assert connection.read().status == 200
        connection.send(request("POST", "/digest", *headers) + b"0\r\n\r\n")
        assert connection.read_bytes(12) == b"HTTP/1.1 200"


def test_http_1_0_has_no_100(server: Server) -> None:
    head = b"POST /digest HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
    with RawConnection(server.port) as connection:
        connection.send(head + b"x")
        assert connection.read_bytes(12) == b"HTTP/1.1 200"
    with RawConnection(server.port) as connection:
        connection.send(head)
        connection.socket.shutdown(socket.SHUT_WR)
        assert b"100 Continue" not in connection.makefile().read()
