"""Kept responses over sockets: on our protocol, and on Granian."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.contract.servers import RawConnection, Server


@pytest.fixture(scope="module", params=["protocol", "granian"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    file = tmp_path_factory.mktemp("cache") / "test.db"
    environment = {"DATABASE_URL": f"sqlite:///{file}", "CACHE_URL": "mem://"}
    found = Server(request.param, "tests.cache.served:app", {**os.environ, **environment})
    yield found
    found.stop()


def test_requests_on_one_connection(server: Server) -> None:
    ask = b"%b /slow/7?page=%d HTTP/1.1\r\nHost: shop.example\r\n%b\r\n"
    with RawConnection(server.port) as connection:
        found = []
        for method, page, header in (
            (b"GET", 1, b""),
            (b"GET", 1, b""),
            (b"GET", 2, b""),
            (b"HEAD", 1, b""),
            (b"HEAD", 1, b""),
            (b"GET", 1, b"If-None-Match: *\r\n"),
            (b"GET", 1, b""),
        ):
            connection.send(ask % (method, page, header))
            found.append(connection.read(method.decode()))
    assert [one.status for one in found] == [200, 200, 200, 200, 200, 304, 200]
    assert [one.body for one in found] == [b"7", b"7", b"7", b"", b"", b"", b"7"]
    hits = ["age" in one.headers for one in found]
    assert hits == [False, True, False, False, True, True, True]
    assert {one.headers["etag"] for one in found} == {found[0].headers["etag"]}
    assert {one.headers["cache-control"] for one in found} == {"max-age=3600"}


def test_pipelined_requests(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(b"GET /slow/8 HTTP/1.1\r\nHost: shop.example\r\n\r\n" * 3)
        assert [connection.read().body for _ in range(3)] == [b"8", b"8", b"8"]
