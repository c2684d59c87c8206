"""Responses that only one client may have, or that are no success, are never kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pronghorn import FastAPI, HTTPException, Response
from pronghorn.cache import Cache, Cached
from pronghorn.responses import FileResponse, JSONResponse, StreamingResponse
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.usefixtures("mode", "cache")


def make_app(calls: list[str]) -> FastAPI:
    app = FastAPI(cache=Cached("30s", stale="5m"))

    @app.get("/headers")
    async def read_headers(name: str, value: str) -> Response:
        calls.append(name)
        return JSONResponse(1, headers={name: value})

    @app.get("/cookie")
    async def read_cookie(response: Response) -> int:
        calls.append("cookie")
        response.set_cookie("visit", "1")
        return 1

    @app.get("/status/{status}")
    async def read_status(status: int) -> Response:
        calls.append("status")
        return Response("", status)

    @app.get("/raised")
    async def read_raised() -> None:
        calls.append("raised")
        raise HTTPException(404)

    @app.get("/stream")
    async def read_stream() -> Response:
        calls.append("stream")

        def parts() -> Iterator[bytes]:
            yield b"part"

        return StreamingResponse(parts())

    @app.get("/file")
    async def read_file() -> Response:
        calls.append("file")
        return FileResponse(Path(__file__))

    @app.get("/large")
    async def read_large() -> Response:
        calls.append("large")
        return Response(b"x" * 1_000_001)

    return app


@pytest.mark.parametrize(
    "path",
    [
        "/headers?name=set-cookie&value=visit%3D1",
        "/headers?name=cache-control&value=no-store",
        "/headers?name=cache-control&value=Private",
        "/headers?name=cache-control&value=max-age%3D60, private",
        "/headers?name=cache-control&value=no-cache",
        "/headers?name=cache-control&value=max-age%3D0",
        "/headers?name=vary&value=*",
        "/cookie",
        "/status/400",
        "/status/404",
        "/status/500",
        "/status/304",
        "/status/206",
        "/raised",
        "/stream",
        "/file",
        "/large",
    ],
)
def test_never(path: str) -> None:
    calls: list[str] = []
    with TestClient(make_app(calls)) as client:
        found = [client.get(path) for _ in range(3)]
    assert len(calls) == 3
    assert all("age" not in one.headers for one in found)
    assert len({one.content for one in found}) == 1


@pytest.mark.parametrize("headers", [{"authorization": "Bearer a"}, {"range": "bytes=0-1"}])
def test_requests_that_are_not_looked_up(headers: dict[str, str]) -> None:
    calls: list[str] = []
    with TestClient(make_app(calls)) as client:
        for _ in range(2):
            client.get("/status/200")
            client.get("/status/200", headers=headers)
    assert len(calls) == 3


def test_an_endpoint_may_say_a_shorter_time(cache: Cache) -> None:
    app, calls = FastAPI(), list[int]()

    @app.get("/short", cache=Cached("1h"))
    async def read() -> Response:
        calls.append(1)
        return JSONResponse(1, headers={"cache-control": "max-age=3600, s-maxage=1"})

    with TestClient(app) as client:
        assert client.get("/short").headers["cache-control"] == "max-age=3600, s-maxage=1"
        while len(calls) == 1:
            client.get("/short")
