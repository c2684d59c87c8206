"""A request that uses a value of the application costs no call more than one without."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import pytest

from pronghorn import Depends, FastAPI
from tests.guards.test_calls import called

pytestmark = pytest.mark.usefixtures("short_ways")
SCOPE = {"type": "http", "method": "GET", "query_string": b"", "headers": [], "http_version": "1.1"}


async def open_pool() -> list[int]:
    return [1]


def make_program() -> FastAPI:
    app = FastAPI()

    @app.get("/with")
    async def read_with(pool: Annotated[list[int], Depends(open_pool, scope="app")]) -> list[int]:
        return pool

    @app.get("/without")
    async def read_without() -> list[int]:
        return [1]

    return app


async def names_of_calls(app: FastAPI, path: str) -> list[str]:
    """Return the names of the functions that the third request calls."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200

    for _ in range(2):
        await app({**SCOPE, "path": path}, receive, send)
    with called() as found:
        await app({**SCOPE, "path": path}, receive, send)
    return [name.replace("read_with", "read").replace("readout", "read") for name in found.names()]


async def compare() -> tuple[list[str], list[str]]:
    """Return the calls of both routes, while the application runs."""
    app, events = make_program(), asyncio.Queue[Any]()
    started, stopped = asyncio.Event(), asyncio.Event()

    async def send(message: Any) -> None:
        (started if "startup" in message["type"] else stopped).set()

    events.put_nowait({"type": "lifespan.startup"})
    running = asyncio.create_task(app({"type": "lifespan", "state": {}}, events.get, send))
    await started.wait()
    found = await names_of_calls(app, "/with"), await names_of_calls(app, "/without")
    events.put_nowait({"type": "lifespan.shutdown"})
    await running
    return found


def test_a_value_of_the_application_costs_no_call() -> None:
    with_value, without = asyncio.run(compare())
    assert len(without) > 5
    assert with_value == without
