"""The options of uvicorn have the same effect with our protocol class."""

from __future__ import annotations

import json
import re
import signal

import pytest

from tests.adapters.conftest import Start
from tests.contract.servers import DIRECT, RawConnection, request

OTHERS = "tests.adapters.other_programs"


def test_default_headers(start: Start) -> None:
    server = start("--header", "X-Always: yes")
    for target in ("/items/1", "/text", "/stream", "/nowhere"):
        with RawConnection(server.port) as connection:
            connection.send(request("GET", target))
            headers = connection.read().headers
        assert headers["server"] == "uvicorn"
        assert headers["x-always"] == "yes"
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers["date"])


def test_no_default_headers(start: Start) -> None:
    server = start("--no-server-header", "--no-date-header")
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/items/1"))
        assert not {"server", "date"} & connection.read().headers.keys()


def test_default_header_that_closes_the_connection(start: Start) -> None:
    server = start("--header", "Connection: close")
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/items/1"))
        assert connection.read().status == 200
        assert connection.is_closed_by_server()


def test_access_log(start: Start) -> None:
    server = start("--no-use-colors")
    with RawConnection(server.port) as connection:
        for target in ("/items/1?q=a%20b", "/text", "/nowhere"):
            connection.send(request("GET", target))
            connection.read()
    output = server.stop()
    for line in (
        r'127\.0\.0\.1:\d+ - "GET /items/1\?q=a%20b HTTP/1\.1" 200 OK',
        r'127\.0\.0\.1:\d+ - "GET /text HTTP/1\.1" 200 OK',
        r'127\.0\.0\.1:\d+ - "GET /nowhere HTTP/1\.1" 404 Not Found',
    ):
        assert re.search(line, output)


def test_headers_of_a_trusted_proxy(start: Start) -> None:
    server = start("--forwarded-allow-ips", "127.0.0.1")
    with RawConnection(server.port) as connection:
        forwarded = ("X-Forwarded-Proto: https", "X-Forwarded-For: 203.0.113.7")
        connection.send(request("GET", "/scope/x", *forwarded))
        assert json.loads(connection.read().body)["scheme"] == "https"
        connection.send(request("GET", "/scope/x"))
        assert json.loads(connection.read().body)["scheme"] == "http"
    assert "203.0.113.7" in server.stop()


def test_headers_of_a_proxy_that_is_not_trusted(start: Start) -> None:
    server = start("--forwarded-allow-ips", "203.0.113.1")
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/scope/x", "X-Forwarded-Proto: https"))
        assert json.loads(connection.read().body)["scheme"] == "http"


def test_root_path(start: Start) -> None:
    server = start("--root-path", "/api")
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/scope/x"))
        scope = json.loads(connection.read().body)
    assert (scope["root_path"], scope["path"]) == ("/api", "/api/scope/x")


def test_idle_connections_are_closed(start: Start) -> None:
    server = start("--timeout-keep-alive", "1")
    with RawConnection(server.port) as connection:
        for _ in range(3):
            connection.send(request("GET", "/items/1"))
            assert connection.read().status == 200
        assert connection.is_closed_by_server()


def test_limit_of_concurrency(start: Start) -> None:
    server = start("--limit-concurrency", "2")
    with RawConnection(server.port) as first:
        first.send(request("GET", "/items/1"))
        assert first.read().status == 200
        with RawConnection(server.port) as second:
            second.send(request("GET", "/items/1"))
            answer = second.read()
    assert (answer.status, answer.body) == (503, b"Service Unavailable")


def test_limit_of_requests(start: Start) -> None:
    server = start("--limit-max-requests", "5")
    with RawConnection(server.port) as connection:
        for _ in range(5):
            connection.send(request("GET", "/items/1", "Connection: keep-alive"))
            connection.read()
    assert server.process.wait(10) == 0


def test_shutdown_lets_requests_finish(start: Start) -> None:
    server = start()
    with RawConnection(server.port) as idle, RawConnection(server.port) as busy:
        idle.send(request("GET", "/items/1"))
        idle.read()
        busy.send(request("POST", "/digest", "Content-Length: 5") + b"12")
        busy.send(b"3")
        with RawConnection(server.port) as other:
            other.send(request("GET", "/items/1"))
            other.read()
        server.process.send_signal(signal.SIGTERM)
        assert idle.is_closed_by_server()
        busy.send(b"45")
        assert json.loads(busy.read().body)["length"] == 5
        assert busy.is_closed_by_server()
    assert server.process.wait(10) in {0, -signal.SIGTERM}
    assert "Application shutdown complete" in server.stop()


@pytest.mark.parametrize(
    ("program", "through_asgi"),
    [
        ("direct", False),
        ("plain", True),
        ("with_middleware", False),
        ("wrapped", True),
        ("overridden", False),
    ],
)
def test_way_to_the_program(start: Start, program: str, through_asgi: bool) -> None:
    server = start(program=f"{OTHERS}:{program}")
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/way"))
        answer = json.loads(connection.read().body)
    uses_our_protocol = DIRECT in server.process.args  # type: ignore[operator]  # a list
    assert answer == {"asgi": through_asgi or not uses_our_protocol}
