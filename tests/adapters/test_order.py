"""Messages that a client sends between requests are handled in the order of arrival."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.contract.servers import ROOT, WEBSOCKET, RawConnection, Server, request

PROGRAM = "tests.adapters.program_of_isolation:app"
H2C = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
WRAPPED = "tests.adapters.program_of_isolation:wrapped"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(scope="module", params=[PROGRAM, WRAPPED], ids=["direct", "wrapped"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Our protocol class, with an application that it knows and one that it calls as ASGI."""
    server = Server("protocol", request.param, {**os.environ, "PYTHONPATH": str(ROOT)})
    yield server
    server.stop()


# --- upgrades to other protocols ----------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        H2C,
        ("Connection: Upgrade", "Upgrade: foo/2"),
        ("Connection: keep-alive, upgrade", "Upgrade: TLS/1.0, HTTP/1.1"),
    ],
)
@pytest.mark.parametrize("parts", [1, 2, 3])
def test_other_upgrades_are_ignored(server: Server, headers: list[str], parts: int) -> None:
    data = request("POST", "/echo", "X-Kept: yes", *headers, body=b"hello") + request(
        "GET", "/text"
    )
    with RawConnection(server.port) as connection:
        for part in range(parts):
            connection.send(data[len(data) * part // parts : len(data) * (part + 1) // parts])
        found = json.loads(connection.read().body)
        assert (found["method"], found["body"]) == ("POST", "hello")
        sent = dict(header.split(": ") for header in headers)
        for name, value in {**sent, "X-Kept": "yes", "Content-Length": "5"}.items():
            assert found["headers"][name.lower()] == value
        assert connection.read().status == 200


def test_chunked_body_with_an_upgrade(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("POST", "/echo", *H2C, CHUNKED))
        for part in (b"5\r\nhel", b"lo\r\n", b"0\r\n\r\n"):
            connection.send(part)
        assert json.loads(connection.read().body)["body"] == "hello"


def test_many_upgrades_in_one_segment(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("POST", "/echo", *H2C, body=b"x") * 2000)
        bodies = [json.loads(connection.read().body)["body"] for _ in range(2000)]
    assert bodies == ["x"] * 2000


def test_upgrade_behind_a_slow_request(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/slow") + request("POST", "/echo", *H2C, body=b"x"))
        assert json.loads(connection.read().body) == "slow"
        assert json.loads(connection.read().body)["body"] == "x"


def test_http_1_0_has_no_upgrades(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/variable", *WEBSOCKET).replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert connection.read().status == 404
        assert connection.is_closed_by_server()


def test_connect_is_a_method_like_any_other(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("CONNECT", "/echo") + request("GET", "/text"))
        assert json.loads(connection.read().body)["method"] == "CONNECT"
        assert connection.read().status == 200


def test_websocket_behind_a_slow_request(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/slow") + request("GET", "/text"))
        connection.send(request("GET", "/variable", *WEBSOCKET))
        assert [json.loads(connection.read().body) for _ in range(2)] == ["slow", "started"]
        assert connection.read("HEAD").status == 101
        assert connection.read_bytes(7) == b"\x81\x05unset"


# --- what is not a request ------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/text", "/thread", "/slow", "/stream/x"])
@pytest.mark.parametrize("garbage", [b"GARBAGE\r\n\r\n", b"GET /text HTTP/1.1\r\nno colon\r\n\r\n"])
def test_request_before_garbage_is_answered(server: Server, target: str, garbage: bytes) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", target) + request("GET", "/text") + garbage + garbage)
        assert [connection.read().status for _ in range(3)] == [200, 200, 400]
        assert connection.is_closed_by_server()


def test_garbage_that_comes_later(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/slow"))
        connection.send(b"GARBAGE\r\n\r\n")
        connection.send(request("GET", "/text"))
        assert [connection.read().status for _ in range(2)] == [200, 400]
        assert connection.is_closed_by_server()


@pytest.mark.parametrize("before", [b"", request("GET", "/slow")], ids=["alone", "behind another"])
def test_body_that_is_invalid(server: Server, before: bytes) -> None:
    with RawConnection(server.port) as connection:
        connection.send(before + request("POST", "/echo", CHUNKED) + b"x\r\n\r\n")
        if before:
            assert connection.read().status == 200
        assert connection.read().status == 400
        assert connection.is_closed_by_server()


def test_body_that_is_invalid_after_the_answer(server: Server) -> None:
    """A second answer would belong to no request."""
    with RawConnection(server.port) as connection:
        connection.send(request("POST", "/first-part", CHUNKED) + b"1\r\na\r\n")
        assert json.loads(connection.read().body) == "a"
        connection.send(b"x\r\n\r\n")
        assert connection.is_closed_by_server()


@pytest.mark.parametrize("program", [PROGRAM, WRAPPED], ids=["direct", "wrapped"])
def test_body_that_is_invalid_while_the_program_works(program: str) -> None:
    """The request ends as if its client had left: nothing is written behind the refusal."""
    paths = ["/work/text", "/work/shared", "/work/body", "/work/stream"]
    server = Server("protocol", program, {**os.environ, "PYTHONPATH": str(ROOT)})
    with ExitStack() as stack:
        stack.callback(server.stop)
        other = stack.enter_context(RawConnection(server.port))
        clients = [stack.enter_context(RawConnection(server.port)) for _ in paths]
        for path, client in zip(paths, clients, strict=True):
            client.send(request("GET", path, CHUNKED, "Expect: 100-continue"))
        wait_for_work(other, "/work", begun=len(paths))
        for client in clients:
            client.send(b"x\r\n\r\n")
            assert client.read().status == 400
            assert client.is_closed_by_server()
        wait_for_work(other, "/work?may_end=true", ended=len(paths))
        output = server.stop()
    assert "write" not in output
    assert [path for path in paths if f"{path} HTTP/1.1" in output] == []


def wait_for_work(
    connection: RawConnection, target: str, *, begun: int = 0, ended: int = 0
) -> None:
    """Ask until so many requests have begun, and ended; the time of the test limits it."""
    while True:
        connection.send(request("GET", target))
        found = json.loads(connection.read().body)
        if found[0] >= begun and found[1] >= ended:
            return
        time.sleep(0.02)


# --- trailers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [1, 2])
def test_trailers_are_not_headers(server: Server, parts: int) -> None:
    trailers = b"Authorization: evil\r\nX-Forwarded-For: 6.6.6.6\r\nExpect: 100-continue\r\n\r\n"
    data = request("POST", "/echo", CHUNKED) + b"5\r\nhello\r\n0\r\n" + trailers
    with RawConnection(server.port) as connection:
        for part in range(parts):
            connection.send(data[len(data) * part // parts : len(data) * (part + 1) // parts])
        found = json.loads(connection.read().body)
        assert found["body"] == "hello"
        assert not {"authorization", "x-forwarded-for", "expect"} & found["headers"].keys()
        connection.send(request("POST", "/echo", body=b"x"))
        assert json.loads(connection.read().body)["headers"].keys() == {"host", "content-length"}


def test_expect_continue(server: Server) -> None:
    expected = b"HTTP/1.1 100 Continue\r\n\r\n"
    with RawConnection(server.port) as connection:
        connection.send(request("POST", "/echo", "Content-Length: 5", "Expect: 100-continue"))
        assert connection.read_bytes(len(expected)) == expected
        connection.send(b"12345")
        assert json.loads(connection.read().body)["body"] == "12345"
