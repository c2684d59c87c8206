"""The program that slow clients attack, on the framework that `HARDENING_FRAMEWORK` names."""

from __future__ import annotations

import asyncio
import importlib
import os
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

framework = importlib.import_module(os.environ.get("HARDENING_FRAMEWORK", "pronghorn"))
app = framework.FastAPI()

#: One body for all clients; random, so that it cannot be compressed.
BIG = os.urandom(1 << 22)
PART = os.urandom(1 << 16)
LARGE_PART = os.urandom(1 << 20)
FOLDER = Path(tempfile.mkdtemp(prefix="slow-clients-"))
FILE = FOLDER / "big.bin"
FILE.write_bytes(BIG)
#: What became of the uploads.
OUTCOMES: list[str] = []


@app.get("/")
async def root() -> dict[str, str]:
    """Answer at once."""
    return {"status": "live"}


@app.get("/big")
async def big() -> Response:
    """Answer with one body that all clients share."""
    return Response(BIG)


@app.get("/file")
async def file() -> FileResponse:
    """Answer with a file."""
    return FileResponse(FILE)


@app.get("/endless")
async def endless(large: bool = False) -> StreamingResponse:
    """Answer without an end, as fast as the client reads."""

    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield LARGE_PART if large else PART

    return StreamingResponse(parts())


@app.post("/upload")
async def upload(request: Request) -> dict[str, int]:
    """Read a body, and note whether it was whole."""
    try:
        length = len(await request.body())
    except ClientDisconnect:
        OUTCOMES.append("disconnect")
        raise
    OUTCOMES.append("whole")
    return {"length": length}


@app.get("/number")
async def number(n: int) -> int:
    """Return a number."""
    return n


@app.post("/later")
async def later(request: Request) -> dict[str, int]:
    """Read a body late."""
    await asyncio.sleep(2.5)
    return {"length": len(await request.body())}


@app.get("/quiet")
async def quiet() -> StreamingResponse:
    """Send nothing for a while, between two events."""

    async def events() -> AsyncIterator[str]:
        yield "data: 1\n\n"
        await asyncio.sleep(2.5)
        yield "data: 2\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


@app.get("/block")
async def block(seconds: float) -> dict[str, float]:
    """Block the event loop."""
    time.sleep(seconds)  # noqa: ASYNC251 - on purpose
    return {"seconds": seconds}


@app.get("/outcomes")
async def outcomes() -> list[str]:
    """Say what became of the uploads."""
    return OUTCOMES


@app.websocket("/ws")
async def ws(websocket: WebSocket) -> None:
    """Accept, and return what comes."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


app.mount("/static", StaticFiles(directory=FOLDER))


async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
    """Pass everything on: an application that no short way leads to."""
    await app(scope, receive, send)


behind = framework.FastAPI()
behind.router.routes.extend(app.router.routes)
behind.add_middleware(CORSMiddleware, allow_origins=["*"])
behind.add_middleware(GZipMiddleware)
