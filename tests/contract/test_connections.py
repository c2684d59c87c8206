"""Behaviour of connections that a test client without a server cannot show."""

from __future__ import annotations

import json

import pytest

from tests.contract.servers import RawConnection, Server, request


def test_keep_alive(server: Server) -> None:
    with RawConnection(server.port) as connection:
        for number in range(3):
            connection.send(request("GET", f"/items/{number}"))
            assert json.loads(connection.read().body)["item_id"] == number


def test_connection_close(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/items/1", "Connection: close"))
        answer = connection.read()
        assert answer.headers["connection"] == "close"
        assert connection.is_closed_by_server()


def test_http_1_0(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(b"GET /scope/x HTTP/1.0\r\nHost: test\r\n\r\n")
        assert json.loads(connection.read().body)["http_version"] == "1.0"
        assert connection.is_closed_by_server()


def test_pipelining(server: Server) -> None:
    """Answers come in the order of the requests, whatever each of them takes."""
    targets = ["/items/1", "/in-thread/2", "/stream", "/nowhere", "/text", "/items/x", "/items/3"]
    with RawConnection(server.port) as connection:
        connection.send(b"".join(request("GET", target) for target in targets))
        statuses = [connection.read().status for _ in targets]
    assert statuses == [200, 200, 200, 404, 200, 422, 200]


def test_many_pipelined_requests(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(b"".join(request("GET", f"/items/{number}") for number in range(2000)))
        found = [json.loads(connection.read().body)["item_id"] for _ in range(2000)]
    assert found == list(range(2000))


def test_pipelined_bodies(server: Server) -> None:
    bodies = [b"a" * 10, b"b" * 100_000, b"c"]
    with RawConnection(server.port) as connection:
        connection.send(b"".join(request("POST", "/digest", body=body) for body in bodies))
        assert [json.loads(connection.read().body)["length"] for _ in bodies] == [10, 100_000, 1]


def test_body_in_many_small_parts(server: Server) -> None:
    body = b'{"name": "pen"}'
    with RawConnection(server.port) as connection:
        head = request("POST", "/items", "Content-Type: application/json", "Content-Length: 15")
        for byte in head + body:
            connection.send(bytes([byte]))
        assert connection.read().status == 201


def test_expect_continue(server: Server) -> None:
    expected = b"HTTP/1.1 100 Continue\r\n\r\n"
    with RawConnection(server.port) as connection:
        connection.send(request("POST", "/digest", "Content-Length: 5", "Expect: 100-continue"))
        assert connection.read_bytes(len(expected)) == expected
        connection.send(b"12345")
        assert json.loads(connection.read().body)["length"] == 5


def test_expect_continue_that_nobody_waits_for(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(
            request("POST", "/ignored-body", "Expect: 100-continue", "Content-Length: 5")
        )
        assert connection.read().status == 200


def test_head_leaves_the_connection_usable(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("HEAD", "/both") + request("GET", "/items/1"))
        assert connection.read("HEAD").body == b""
        assert json.loads(connection.read().body)["item_id"] == 1


@pytest.mark.parametrize(
    "data",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /items/1 HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /digest HTTP/1.1\r\nHost: test\r\nContent-Length: x\r\n\r\n",
    ],
    ids=["no request", "no header", "no length"],
)
def test_what_is_no_request(server: Server, data: bytes) -> None:
    """Refused, and the next connection is served."""
    with RawConnection(server.port) as connection:
        connection.send(data)
        assert connection.read().status == 400
        assert connection.is_closed_by_server()
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/text"))
        assert connection.read().body == b"plain text"


def test_stream_that_fails_is_cut_off(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/crash-in-stream"))
        answered = b""
        while part := connection.socket.recv(65536):
            answered += part
    assert b"content-length: 1000" in answered
    assert answered.endswith(b"\r\n\r\nbegin")


def test_slow_reader_gets_everything(server: Server) -> None:
    """More than fits into the buffers of the connection, for several requests in a row."""
    with RawConnection(server.port) as connection:
        connection.send(b"".join(request("GET", "/file") for _ in range(20)))
        for _ in range(20):
            assert len(connection.read().body) == 200_000


def test_header_cannot_begin_another(server: Server) -> None:
    """Whether the answer is an error or none at all is up to the server."""
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/split", "Connection: close"))
        answered = b""
        while part := connection.socket.recv(65536):
            answered += part
    assert b"evil" not in answered
    assert not answered.startswith(b"HTTP/1.1 200")
