"""`sys.exit` and `KeyboardInterrupt` end the server where they end it on FastAPI.

That is where FastAPI runs code in a task beside the task of the request: inside of
`@app.middleware`, and while a body is streamed. Elsewhere they end the request.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from types import ModuleType
from typing import Any

import fastapi
import pytest
import uvloop
from starlette.background import BackgroundTasks
from starlette.responses import StreamingResponse

import pronghorn
from tests.contract.servers import PATIENCE, ROOT, RawConnection, Server, request

MADE_FOR = {"FastAPI": fastapi, "pronghorn": pronghorn}


def build(module: ModuleType, layered: bool) -> Any:
    app = module.FastAPI()

    @app.get("/exit")
    async def leave() -> None:
        sys.exit(3)

    @app.get("/thread")
    def leave_from_thread() -> None:
        sys.exit(3)

    @app.get("/interrupt")
    async def interrupt() -> None:
        raise KeyboardInterrupt

    def clean_up() -> Iterator[None]:
        yield
        sys.exit(3)

    @app.get("/dependency", dependencies=[module.Depends(clean_up)])
    async def with_dependency() -> None:
        """Its dependency ends the server."""

    @app.get("/background")
    async def in_background(background: BackgroundTasks) -> None:
        background.add_task(sys.exit, 3)

    @app.get("/streamed")
    async def streamed() -> StreamingResponse:
        return StreamingResponse(parts())

    @app.get("/text")
    async def text() -> str:
        return "text"

    if layered:

        @app.middleware("http")
        async def pass_on(request: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
            return await call_next(request)

    return app


async def parts() -> Any:
    yield b"a"
    sys.exit(3)


async def ask(app: Any, path: str) -> str:
    """Return what a server sees: the name of the exception, or that there is none."""
    received = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if received:
            return received.pop()
        return await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        """Take a message."""

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [],
    }
    try:
        await app(scope, receive, send)
    except BaseException as error:  # noqa: BLE001 - as uvicorn does
        return type(error).__name__
    return "none"


def outcome(app: Any, path: str, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> str:
    """Return how the loop ends that answers one request."""
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return f"the request: {runner.run(ask(app, path))}"
    except (SystemExit, KeyboardInterrupt) as error:
        return f"the loop: {error!r}"
    finally:
        gc.collect(1)  # Starlette's middleware leaves coroutines that were not awaited.


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("made_for", MADE_FOR)
@pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
class TestOneRequest:
    @pytest.mark.parametrize("path", ["/exit", "/thread", "/dependency", "/background"])
    def test_exit_inside_a_middleware(self, made_for: str, new_loop: Any, path: str) -> None:
        app = build(MADE_FOR[made_for], layered=True)
        assert outcome(app, path, new_loop) == "the loop: SystemExit(3)"

    def test_interruption_inside_a_middleware(self, made_for: str, new_loop: Any) -> None:
        app = build(MADE_FOR[made_for], layered=True)
        assert outcome(app, "/interrupt", new_loop) == "the loop: KeyboardInterrupt()"

    @pytest.mark.parametrize("layered", [True, False])
    def test_exit_of_a_stream(self, made_for: str, new_loop: Any, layered: bool) -> None:
        app = build(MADE_FOR[made_for], layered)
        assert outcome(app, "/streamed", new_loop) == "the loop: SystemExit(3)"

    @pytest.mark.parametrize("path", ["/exit", "/thread", "/dependency", "/background"])
    def test_exit_elsewhere(self, made_for: str, new_loop: Any, path: str) -> None:
        app = build(MADE_FOR[made_for], layered=False)
        assert outcome(app, path, new_loop) == "the request: SystemExit"


app = build(pronghorn, layered=True)


def test_server_ends_with_the_exit_code() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = Server("protocol", "tests.middleware.test_exits:app", environment)
    try:
        with RawConnection(server.port) as connection:
            connection.send(request("GET", "/exit"))
            assert connection.read().status == 500
        assert server.process.wait(PATIENCE) == 3
    finally:
        server.stop()
