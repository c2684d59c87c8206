"""CVE-2020-7695 and CVE-2020-7694: nobody adds a header to a response, or a line to the log."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.contract.servers import Server

PLACES = [
    *("value", "name", "injected", "type", "location", "cookie", "cookie-path", "filename", "raw"),
]
VALUES = ["a\r\nEvil: 1", "a\nEvil: 1", "a\rEvil: 1", "a\0Evil: 1", "a\r\n\r\nHTTP/1.1 200 OK"]
#: The last one would be a complete line of the log.
LOGGED = [
    "/%1b%5b31m",
    "/x%0aEvil%0d%0aEvil",
    "/live?x=%1b%5b31m%0aEvil",
    "/%c2%9b31m",
    "/live%20HTTP/1.1%22%20200",
]


@pytest.fixture(scope="module", params=["protocol", "protocol general", "run granian"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server; general is the general way of answering."""
    name = request.param.removesuffix(" general")
    environment = {**os.environ, "PRONGHORN_GENERAL": str(int(name != request.param))}
    started = Server(name, "tests.cve.served_program:app", environment)
    yield started
    started.stop()


@pytest.fixture
def both_ways() -> None:
    """The servers of this file have their own ways of answering."""


def ask(server: Server, target: str) -> bytes:
    request = f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(request.encode())
        with connection.makefile("rb") as answer:
            return answer.read()


def test_no_header_of_a_response_is_split(server: Server) -> None:
    """The response fails, or has the value in one line; the worker goes on."""
    for place in PLACES:
        for value in VALUES:
            answer = ask(server, f"/{place}?h={quote(value)}")
            head, _, _ = answer.partition(b"\r\n\r\n")
            assert head == b"" or re.match(rb"HTTP/1\.1 (200|307|500) ", head), place
            assert not re.search(rb"[\r\n]evil", head, re.IGNORECASE), (place, value)
            assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", head), (place, value)
            assert b"\r\nHTTP/1.1 " not in answer, (place, value)
    assert ask(server, "/live").endswith(b'"live"')
    assert server.process.poll() is None


def test_no_path_adds_a_line_to_the_log(server: Server) -> None:
    """It runs last: a server says everything when it ends."""
    for target in LOGGED:
        assert ask(server, target).startswith(b"HTTP/1.1 ")
    printed = server.stop()
    lines = [line for line in printed.splitlines() if '"GET /' in line]
    assert len([line for line in lines if "x%0AEvil%0D%0AEvil" in line]) == 1
    assert not re.search(r"^Evil", printed, re.MULTILINE)
    assert "\x1b[31m" not in printed
    assert "\x9b" not in printed
    assert '/live HTTP/1.1" 200 HTTP' not in printed
