"""Endpoints of every kind for `test_http.py`, which record what happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Any

import anyio
import anyio.lowlevel
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse, Response, StreamingResponse

Note = Callable[..., None]
current: ContextVar[str] = ContextVar("current", default="outside")


class Refused(Exception):
    """Raised by endpoints and middleware here."""


def add_endpoints(framework: Any, app: Any, note: Note) -> None:
    """Every kind of endpoint, each under its name as path."""
    depends = framework.Depends

    async def request_scoped() -> AsyncIterator[str]:
        note("request dependency opens")
        token = current.set("endpoint")
        try:
            yield "r"
        except BaseException as error:
            note("request dependency sees", type(error).__name__)
            raise
        finally:
            current.reset(token)
            note("request dependency closes")

    def function_scoped() -> Any:
        note("function dependency opens")
        yield "f"
        note("function dependency closes")

    async def with_task_group() -> AsyncIterator[str]:
        async with anyio.create_task_group() as group:
            note("group opens")
            yield "g"
            group.cancel_scope.cancel()
        note("group closes")

    async def with_timeout() -> AsyncIterator[str]:
        with anyio.fail_after(5):
            async with asyncio.timeout(5):
                yield "t"
        note("timeout closes")

    both = [depends(request_scoped), depends(function_scoped, scope="function")]

    @app.get("/json", dependencies=both)
    async def json(background: framework.BackgroundTasks) -> dict[str, str]:
        background.add_task(note, "background of", current.get())
        note("endpoint")
        return {"hello": "world"}

    @app.get("/short")
    async def short() -> dict[str, str]:
        note("endpoint", current.get())
        current.set("short endpoint")
        return {"hello": "world"}

    @app.get("/short-response")
    async def short_response() -> Response:
        note("endpoint")
        return PlainTextResponse("plain", background=BackgroundTask(note, "background"))

    @app.get("/short-query")
    async def short_query(size: int) -> int:
        return size

    @app.get("/short-http-error")
    async def short_http_error() -> None:
        raise framework.HTTPException(418, "a teapot", headers={"x-tea": "green"})

    @app.get("/short-error")
    async def short_error() -> None:
        raise Refused("by the endpoint")

    @app.get("/waiting", dependencies=both)
    async def waiting(background: framework.BackgroundTasks) -> dict[str, str]:
        background.add_task(note, "background of", current.get())
        await asyncio.sleep(0.001)
        await anyio.lowlevel.checkpoint()
        note("endpoint")
        return {"hello": "world"}

    @app.get("/thread", dependencies=both)
    def thread() -> dict[str, str]:
        note("endpoint")
        return {"hello": "world"}

    @app.post("/body", dependencies=both)
    async def body(item: dict[str, int]) -> dict[str, int]:
        note("endpoint", item)
        return item

    @app.post("/raw")
    async def raw(request: framework.Request) -> dict[str, str]:
        return {"read": (await request.body()).decode()}

    @app.get("/held", dependencies=[depends(with_task_group), depends(with_timeout)])
    async def held() -> dict[str, str]:
        note("endpoint")
        with anyio.fail_after(5):
            await anyio.sleep(0.001)
        return {"hello": "world"}

    @app.get("/held-stream", dependencies=[depends(with_task_group), depends(with_timeout)])
    async def held_stream() -> AsyncIterator[int]:
        for number in range(3):
            await asyncio.sleep(0.001)
            yield number

    @app.get("/lines", dependencies=both)
    async def lines() -> AsyncIterator[int]:
        for number in range(3):
            await asyncio.sleep(0.001)
            note("item", number)
            yield number

    @app.get("/streaming", dependencies=both)
    async def streaming() -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            for number in range(3):
                await asyncio.sleep(0.001)
                note("chunk", number)
                yield b"%d" % number

        return StreamingResponse(chunks(), background=BackgroundTask(note, "background"))

    @app.get("/plain", dependencies=both)
    async def plain() -> Response:
        return PlainTextResponse("plain", background=BackgroundTask(note, "background"))

    @app.get("/error", dependencies=both)
    async def error() -> None:
        raise Refused("by the endpoint")

    @app.get("/http-error", dependencies=both)
    async def http_error() -> None:
        raise framework.HTTPException(418, "a teapot", headers={"x-tea": "green"})

    @app.get("/late-error", dependencies=both)
    async def late_error() -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"one"
            await asyncio.sleep(0.05)  # longer than a stream waits to look for its client
            raise Refused("in the stream")

        return StreamingResponse(chunks())

    @app.get("/background-error", dependencies=both)
    async def background_error(background: framework.BackgroundTasks) -> dict[str, str]:
        def fail() -> None:
            raise Refused("in the background")

        background.add_task(fail)
        return {}


GETS = ("json", "waiting", "thread", "held", "held-stream", "lines", "streaming", "plain", "error")
GETS += ("http-error", "late-error", "background-error", "missing")
GETS += ("short", "short-response", "short-query", "short-http-error", "short-error")
ENDPOINTS = (*(("GET", f"/{name}") for name in GETS), ("POST", "/body"), ("POST", "/raw"))
