"""A program whose requests are written to the file that `OBSERVED_FILE` names, one JSON a line."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn import APIRouter, BackgroundTasks, FastAPI, Request, WebSocket
from pronghorn.hooks import Observed, observe
from pronghorn.responses import StreamingResponse
from pronghorn.staticfiles import StaticFiles


class ToFile:
    """Writes what is observed."""

    def start(self, request: Observed) -> None:
        request.response_headers.append((b"x-seen", b"yes"))
        request.id = "id-of-request"

    def finish(self, request: Observed) -> None:
        found = {
            "method": request.method,
            "path": request.path,
            "route": request.route(),
            "status": request.status,
            "sent": request.sent,
            "aborted": request.is_aborted,
            "code": request.close_code,
            "error": request.error and type(request.error).__name__,
            "slow": request.seconds >= 0.1,
            "client": request.client(),
        }
        with open(os.environ["OBSERVED_FILE"], "a") as file:
            file.write(json.dumps(found) + "\n")


class Refuses:
    """Middleware with a scope of its own, which refuses some requests."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/refused":
            await PlainTextResponse("no", 403)(scope, receive, send)
        else:
            await self.app(dict(scope), receive, send)


def add_routes(app: FastAPI) -> None:
    router = APIRouter(prefix="/orders")

    @router.get("/{number}")
    async def read_order(number: int) -> int:
        return number

    @router.get("/{number}/sync")
    def read_sync(number: int) -> int:
        return number

    @app.get("/fails")
    async def fail() -> None:
        raise LookupError("no such thing")

    @app.get("/state")
    async def read_state(request: Request) -> str:
        return str(request.state.request_id)

    @app.post("/upload")
    async def upload(request: Request) -> int:
        return len(await request.body())

    @app.get("/later")
    async def later(tasks: BackgroundTasks) -> str:
        tasks.add_task(asyncio.sleep, 0.15)
        return "now"

    @app.get("/slow")
    async def slow() -> int:
        await asyncio.sleep(0.3)
        return 1

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"12345"
            await asyncio.sleep(0.12)
            yield b"67890"

        return StreamingResponse(parts())

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            while True:
                yield b"." * 1000
                await asyncio.sleep(0.01)

        return StreamingResponse(parts())

    @app.get("/broken")
    async def broken() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"12345"
            raise LookupError("in the middle")

        return StreamingResponse(parts())

    @app.websocket("/ws/{room}")
    async def talk(websocket: WebSocket, room: str) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    @app.websocket("/closes")
    async def close(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(4001)

    @app.websocket("/rejects")
    async def reject(websocket: WebSocket) -> None:
        await websocket.close()

    app.include_router(router, prefix="/shop")
    app.mount("/static", StaticFiles(directory=Path(__file__).parent))
    inner = FastAPI()
    inner.include_router(router)
    app.mount("/sub", inner)


app = FastAPI(max_body_size=None)
add_routes(app)
in_middleware = FastAPI(middleware=[Middleware(Refuses)], max_body_size=100)
add_routes(in_middleware)
if "OBSERVED_FILE" in os.environ:
    observe(ToFile())
