"""Programs that our uvicorn protocol class has to call through ASGI."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from pronghorn import BackgroundTasks, FastAPI
from pronghorn.adapters.uvicorn.protocol import DirectProtocol


def went_through_asgi() -> bool:
    """Whether uvicorn's own request cycle calls the program, which may be in a task of its own."""
    return any(task.get_coro().__name__ == "run_asgi" for task in asyncio.all_tasks())  # type: ignore[union-attr]


async def text(request: Request) -> PlainTextResponse:
    return PlainTextResponse("plain text")


async def way(request: Request) -> JSONResponse:
    return JSONResponse({"asgi": went_through_asgi()})


class CountingProtocol(DirectProtocol):
    """Extends every method that the parser calls, and changes a header and the body."""

    begun = 0

    def on_message_begin(self) -> None:
        self.begun += 1
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, b"%d" % self.begun if name == b"X-Begun" else value)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        super().on_body(body.upper())

    def on_message_complete(self) -> None:
        super().on_message_complete()


def crash() -> None:
    raise RuntimeError("after the answer")


plain = Starlette(routes=[Route("/text", text), Route("/way", way)])
direct = FastAPI()
with_middleware = FastAPI()
inside = FastAPI()


async def in_eager_tasks(scope: Any, receive: Any, send: Any) -> None:
    """Set the factory whose tasks begin at once, where Python has it (since 3.12)."""
    if hasattr(asyncio, "eager_task_factory"):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await inside(scope, receive, send)


async def wrapped(scope: Any, receive: Any, send: Any) -> None:
    await inside(scope, receive, send)


class Overridden(FastAPI):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await super().__call__(scope, receive, send)


overridden = Overridden()


@with_middleware.middleware("http")
async def nothing(request: Request, call_next: Any) -> Any:
    return await call_next(request)


for app in (direct, with_middleware, inside, overridden):

    @app.get("/text")
    async def read_text() -> str:
        return "plain text"

    @app.get("/way")
    async def read_way() -> dict[str, bool]:
        return {"asgi": went_through_asgi()}

    @app.post("/echo")
    async def echo(request: Request) -> list[str]:
        return [request.headers["x-begun"], (await request.body()).decode()]

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter(["one", "two"]))

    @app.get("/crash-later")
    async def crash_later(background_tasks: BackgroundTasks) -> str:
        background_tasks.add_task(crash)
        return "answered"
