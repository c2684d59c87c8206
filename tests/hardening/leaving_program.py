"""A program that says what ends when its server ends, on the framework of `HARDENING_FRAMEWORK`."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, StreamingResponse
from starlette.websockets import WebSocket

framework = importlib.import_module(os.environ.get("HARDENING_FRAMEWORK", "pronghorn"))
sse = importlib.import_module(f"{framework.__name__}.sse")
#: Seconds for which the end of the lifespan hangs.
HANGS = float(os.environ.get("HARDENING_HANGS", "0"))


def tell(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Say that the lifespan ends."""
    yield
    await asyncio.sleep(HANGS)
    tell("the lifespan ends")


app = framework.FastAPI(lifespan=lifespan)
if hasattr(app, "health"):
    app.health()


@app.get("/")
async def pid() -> int:
    """Return the number of the process."""
    return os.getpid()


@app.get("/slow")
async def slow(seconds: float = 0.05) -> int:
    """Return the number of the process later."""
    await asyncio.sleep(seconds)
    return os.getpid()


@app.get("/later")
async def later() -> JSONResponse:
    """Answer, and work on."""

    async def work() -> None:
        await asyncio.sleep(1)
        tell("the task is done")

    return JSONResponse("sent", background=BackgroundTask(work))


@app.get("/events", response_class=sse.EventSourceResponse)
async def events() -> AsyncIterator[Any]:
    """Send events, and never end."""
    try:
        while True:
            yield {"now": "ever"}
            await asyncio.sleep(0.2)
    finally:
        await asyncio.sleep(0)
        tell("a stream is closed")


@app.get("/made")
async def made() -> StreamingResponse:
    """Send events in a response that the program makes."""
    return StreamingResponse(events_of_text(), media_type="text/event-stream; charset=utf-8")


async def events_of_text() -> AsyncIterator[str]:
    """Yield events as text."""
    async for _ in events():
        yield "data: ever\n\n"


@app.get("/lines")
async def lines() -> StreamingResponse:
    """Send a file, which takes a while."""

    async def parts() -> AsyncIterator[str]:
        for number in range(10):
            yield f"line {number}\n\n"
            await asyncio.sleep(0.1)

    return StreamingResponse(parts(), media_type="text/plain")


@app.websocket("/ws")
async def ws(websocket: WebSocket) -> None:
    """Echo, and never end."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)
