"""A program that returns what it sees of a request, and fails if it is asked to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pronghorn import APIRouter, FastAPI, Form, Request, WebSocket
from pronghorn.responses import PlainTextResponse, StreamingResponse

router = APIRouter()
CHUNK = b"x" * 65536
LONG = CHUNK * 128


@router.get("/text")
async def text() -> PlainTextResponse:
    return PlainTextResponse("text")


@router.get("/long")
async def long() -> PlainTextResponse:
    return PlainTextResponse(LONG)


@router.get("/query")
async def query(request: Request, word: str = "") -> list[str]:
    return [word, request.query_params.get("word", ""), request.scope["query_string"].decode()]


@router.get("/seen/{rest:path}")
async def seen(request: Request, rest: str) -> dict[str, Any]:
    client, server = request.scope["client"], request.scope["server"]
    assert client is not None
    return {
        "host": client[0],
        "port": client[1],
        "server": server[1],
        "scheme": request.url.scheme,
        "path": request.scope["path"],
        "raw_path": request.scope["raw_path"].decode(),
    }


@router.api_route("/raw", methods=["GET", "POST"])
async def raw(request: Request) -> int:
    return len(await request.body())


@router.post("/parts")
async def parts(request: Request) -> int:
    return sum([len(part) async for part in request.stream()])


@router.post("/json")
def json(body: dict[str, Any]) -> dict[str, Any]:
    return body


@router.post("/form")
async def form(name: str = Form()) -> str:
    return name


@router.post("/own-answer")
async def own_answer(request: Request) -> PlainTextResponse:
    try:
        await request.body()
    except ClientDisconnect:
        return PlainTextResponse("the rest is missing", 422)
    return PlainTextResponse("complete")


@router.post("/own-error")
async def own_error(request: Request) -> None:
    await request.body()
    raise ZeroDivisionError("on purpose")


@router.post("/early")
async def early(request: Request) -> list[Any]:
    return [await request.is_disconnected(), (await request.body()).decode()]


@router.get("/endless")
async def endless() -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield CHUNK

    return StreamingResponse(chunks())


@router.get("/tasks")
async def tasks() -> int:
    return len(asyncio.all_tasks())


@router.get("/broken-stream")
async def broken_stream() -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"begin"
        raise ZeroDivisionError("on purpose")

    return StreamingResponse(chunks())


@router.websocket("/talks")
async def talks(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.send_bytes(CHUNK)


@router.websocket("/both-ways")
async def both_ways(websocket: WebSocket, pause: float = 0) -> None:
    """Receive in a task of its own, or between the messages that are sent."""
    await websocket.accept()
    received: list[str] = []

    async def read() -> None:
        while len(received) < 20:
            received.append(await websocket.receive_text())

    reading = None if pause else asyncio.create_task(read())
    for number in range(100):
        await websocket.send_text(str(number))
        with suppress(TimeoutError):
            if pause and len(received) < 20:
                received.append(await asyncio.wait_for(websocket.receive_text(), pause))
    if reading is not None:
        await reading
    await websocket.send_text(",".join(received))
    await websocket.close()


@router.websocket("/fails")
async def fails(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()
    raise ZeroDivisionError("on purpose")


@router.websocket("/returns")
async def returns(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()


def program() -> FastAPI:
    """The routes: plain, under a prefix and in an application that is mounted."""
    made, mounted = FastAPI(), FastAPI()
    for owner, prefix in ((made, ""), (made, "/in"), (mounted, "")):
        owner.include_router(router, prefix=prefix)
    made.mount("/mounted", mounted)
    return made


app = program()
with_middleware = program()
inside = program()


@with_middleware.middleware("http")
async def passing(request: Request, call_next: Any) -> Any:
    return await call_next(request)


async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
    """The same program behind a function of ASGI."""
    await inside(scope, receive, send)


async def other(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{len(await request.body())} {request.client}")


class Unaware:
    """Sends, and never asks whether the client is still there."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})


async def other_tasks(_: Request) -> PlainTextResponse:
    return PlainTextResponse(str(await tasks()))


#: Of another framework.
starlette = Starlette(
    routes=[
        Route("/text", other),
        Route("/raw", other, methods=["GET", "POST"]),
        Route("/endless", Unaware()),
        Route("/tasks", other_tasks),
    ]
)
