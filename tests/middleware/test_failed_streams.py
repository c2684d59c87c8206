"""A stream that fails behind middleware is aborted, and not sent as a complete one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

import pronghorn
from pronghorn.responses import FileResponse, StreamingResponse
from pronghorn.sse import EventSourceResponse
from tests.middleware.client import Client
from tests.middleware.endpoints import Refused
from tests.middleware.layers import PROGRAMS
from tests.middleware.programs import answered

#: Layers that pass the stream on, changed or not.
PASS_ON = ("headers", "own_background", "reads_body", "reads_stream", "wraps_iterator")
PASS_ON += ("streams_on", "with_wait_for", "with_timeout", "with_fail_after", "with_group")
PASS_ON += ("waits_after", "stacked", "mixed", "first_chunk", "catches")
#: Layers that read the whole stream before they answer.
READ_ALL = ("collects", "with_gathered_chunks", "with_group_after")


@pytest.mark.anyio
@pytest.mark.parametrize("name", PASS_ON)
async def test_stream_that_is_passed_on(name: str) -> None:
    found = await answered(pronghorn, PROGRAMS[name], "GET", "/late-error")
    assert found.error == "Refused('in the stream')"
    assert found.status in (200, 201)  # one of the layers changes it
    assert ("sent all",) not in found.events


@pytest.mark.anyio
@pytest.mark.parametrize("name", READ_ALL)
async def test_stream_that_the_middleware_reads_is_answered_with_500(name: str) -> None:
    found = await answered(pronghorn, PROGRAMS[name], "GET", "/late-error")
    assert "Refused('in the stream')" in found.error
    assert (found.status, found.body) == (500, b"Internal Server Error")


@pytest.mark.anyio
async def test_middleware_may_answer_in_place_of_a_failed_stream() -> None:
    app = with_streams()

    @app.middleware("http")
    async def read(request: pronghorn.Request, call_next: Any) -> Any:
        response = await call_next(request)
        try:
            body = b"".join([chunk async for chunk in response.body_iterator])
        except Refused as error:
            return pronghorn.Response(f"failed: {error}", 503)
        return pronghorn.Response(body)

    client = await Client(app, "/raw").run()
    assert (client.status, client.body) == (503, b"failed: on purpose")


def with_streams() -> pronghorn.FastAPI:
    """A program with every kind of stream; each fails when something of it was sent."""
    app = pronghorn.FastAPI()

    async def items() -> AsyncIterator[Any]:
        yield b"one"
        raise Refused("on purpose")

    def blocking_items() -> Iterator[Any]:
        yield b"one"
        raise Refused("on purpose")

    @app.get("/raw")
    async def raw() -> StreamingResponse:
        return StreamingResponse(items())

    @app.get("/blocking")
    def blocking() -> StreamingResponse:
        return StreamingResponse(blocking_items())

    @app.get("/lines")
    async def lines() -> AsyncIterator[str]:
        async for item in items():
            yield item.decode()

    @app.get("/blocking-lines")
    def blocking_lines() -> Iterator[str]:
        for item in blocking_items():
            yield item.decode()

    @app.get("/events", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[str]:
        async for item in items():
            yield item.decode()

    @app.get("/yielded", response_class=StreamingResponse)
    async def yielded() -> AsyncIterator[bytes]:
        async for item in items():
            yield item

    @app.get("/file")
    async def file() -> FileResponse:
        return FailingFile(Path(__file__))

    return app


class FailingFile(FileResponse):
    """A file of which the second part cannot be read."""

    chunk_size = 100

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        sent = []

        async def failing(message: Any) -> None:
            await send(message)
            sent.append(message)
            if len(sent) == 2:
                raise Refused("on purpose")

        await super().__call__(scope, receive, failing)


STREAMS = ("raw", "blocking", "lines", "blocking-lines", "events", "yielded", "file")


class PlainLayer:
    """A plain ASGI layer."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def through(message: Any) -> None:
            await send(message)

        await self.app(scope, receive, through)


def function(app: pronghorn.FastAPI) -> None:
    @app.middleware("http")
    async def through(request: pronghorn.Request, call_next: Any) -> Any:
        return await call_next(request)


def three_deep(app: pronghorn.FastAPI) -> None:
    for _ in range(3):
        function(app)
        app.add_middleware(PlainLayer)


def on_a_mounted_application(app: pronghorn.FastAPI) -> None:
    """The stream of an application with middleware, mounted in one with middleware."""
    function(app)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("layers", [function, three_deep, on_a_mounted_application])
async def test_every_kind_of_stream_is_broken_off(
    layers: Callable[[pronghorn.FastAPI], None], kind: str
) -> None:
    app, path = with_streams(), f"/{kind}"
    layers(app)
    if layers is on_a_mounted_application:
        outer = pronghorn.FastAPI()
        outer.mount("/inner", app)
        function(outer)
        app, path = outer, f"/inner/{kind}"
    client = Client(app, path)
    with pytest.raises(Refused, match="on purpose"):
        await client.run()
    assert client.status == 200
    assert client.body
    assert client.messages[-1]["more_body"]


@pytest.mark.anyio
@pytest.mark.parametrize("layers", [1, 2])
async def test_stream_to_a_client_that_is_said_to_have_left_is_not_complete(layers: int) -> None:
    app = pronghorn.FastAPI()
    for _ in range(layers):

        @app.middleware("http")
        async def middleware(request: Any, call_next: Any) -> Any:
            return await call_next(request)

    @app.get("/")
    async def endpoint() -> StreamingResponse:
        async def items() -> AsyncIterator[str]:
            yield "item"
            client.gone.set()
            await anyio.sleep(60)

        return StreamingResponse(items())

    client = Client(app)
    await client.run()
    assert client.body == b"item"
    assert all(message["more_body"] for message in client.messages[1:])
