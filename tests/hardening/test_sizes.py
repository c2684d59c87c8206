"""Sizes of requests: what `pronghorn run` refuses, and what it does not, on both servers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from benchmarks.hardening.servers import Server, start
from tests.hardening.sizes import (
    BODIES,
    FILES,
    FRAMING,
    HEADS,
    KIB,
    MIB,
    Sized,
    fields_of,
    head_of,
    json_of,
    post,
    send,
)

PROGRAM = "tests.hardening.sizes_program:app"
WRAPPED = "tests.hardening.sizes_wrapped:app"


@pytest.fixture(scope="module", params=["run", "granian"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with start(request.param, PROGRAM) as server:
        yield server


@pytest.mark.parametrize(
    "group", [HEADS, FRAMING, BODIES, FILES], ids=["heads", "framing", "bodies", "files"]
)
def test_limits_of_sizes(server: Server, group: tuple[Sized, ...]) -> None:
    before = server.resident_mib()
    found = {request.name: send(server.port, request) for request in group}
    assert found == {request.name: request.status for request in group}
    assert server.resident_mib() - before < 64


def test_a_connection_is_not_refused_for_the_sum_of_its_requests(server: Server) -> None:
    """Heads in two pieces, behind long bodies, one after the other on one connection."""
    body = b"x" * 300_000
    upload = post(b"/stream", len(body), b"image/png") + body
    requests, half = 300, 20 * KIB
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        answers = connection.makefile("rb")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(requests):
            data = (upload if number % 30 == 0 else b"") + head_of(half + 10)
            connection.sendall(data[:-half])
            connection.sendall(data[-half:])
            for _ in range(data.count(b" HTTP/1.1\r\n")):
                assert read_answer(answers) == 200, number


def read_answer(answers: BinaryIO) -> int:
    """Read one answer, and return its status."""
    status, length = int(answers.readline().split()[1]), 0
    while (line := answers.readline().lower()) != b"\r\n":
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    answers.read(length)
    return status


@pytest.fixture(scope="module")
def limited() -> Iterator[Server]:
    options = ("--max-json-size", "1000", "--max-upload-size", "0", "--max-header-count", "20")
    with start("run", PROGRAM, options) as server:
        yield server


def test_a_refused_body_ends_the_connection(limited: Server) -> None:
    """Its rest is not waited for; over plain uvicorn the connection stays open."""
    with socket.create_connection(("127.0.0.1", limited.port), 30) as connection:
        connection.sendall(post(b"/stream", 1 << 40) + b"x" * 100_000)
        answer = connection.makefile("rb").read()  # To the end, although the body goes on.
        connection.sendall(b"x" * 100_000)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer


def test_applications_inside_a_layer_of_others() -> None:
    with start("run", WRAPPED) as server:
        found = [
            send(server.port, Sized("", json_of(b"/json", MIB), 200)),
            send(server.port, Sized("", json_of(b"/json", MIB + 1), 413)),
            send(server.port, Sized("", json_of(b"/large", 2 * MIB), 200)),
        ]
        found += [send(server.port, request) for request in HEADS]
    assert found == [200, 413, 200, *(request.status for request in HEADS)]


def test_options_of_the_command(limited: Server) -> None:
    requests = [
        Sized("JSON", json_of(b"/json", 1000), 200),
        Sized("longer JSON", json_of(b"/json", 1001), 413),
        Sized("upload", (post(b"/stream", 33 * MIB, b"image/png"), b"x" * 33 * MIB), 200),
        Sized("fields", (fields_of(20),), 200),
        Sized("more fields", (fields_of(21),), 431),
    ]
    found = [send(limited.port, request) for request in requests]
    assert found == [request.status for request in requests]
