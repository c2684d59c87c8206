"""The WebSockets that are attacked, on the framework that `HARDENING_FRAMEWORK` names."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

framework = importlib.import_module(os.environ.get("HARDENING_FRAMEWORK", "pronghorn"))
app = framework.FastAPI()
#: How often each happened, such as the clean-up of a dependency.
counts: Counter[str] = Counter()
FLOOD = b"x" * 65_536


@app.get("/")
@app.get("/live")
async def live() -> dict[str, str]:
    """Answer at once."""
    return {"status": "live"}


@app.get("/counts")
async def show_counts() -> dict[str, int]:
    """Say how often each happened, and how many tasks there are."""
    return {**counts, "tasks": len(asyncio.all_tasks())}


async def resource() -> AsyncIterator[str]:
    """Give something that has to be cleaned up."""
    counts["taken"] += 1
    try:
        yield "resource"
    finally:
        await asyncio.sleep(0)
        counts["returned"] += 1


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    """Send back what comes."""
    await websocket.accept()
    await send_back(websocket)


async def send_back(websocket: WebSocket) -> None:
    """Send back what comes, until the client leaves."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            counts[f"code {message['code']}"] += 1
            return
        if message.get("text") is not None:
            await websocket.send_text(message["text"])
        else:
            await websocket.send_bytes(message["bytes"])


@app.websocket("/protocol")
async def protocol(websocket: WebSocket) -> None:
    """Take the first subprotocol that is offered."""
    await websocket.accept(next(iter(websocket.scope["subprotocols"]), None))
    await send_back(websocket)


@app.websocket("/refuses")
async def refuses(websocket: WebSocket) -> None:
    """Refuse the handshake."""
    await websocket.close()


@app.websocket("/denies")
async def denies(websocket: WebSocket) -> None:
    """Answer the handshake with a response."""
    await websocket.send_denial_response(Response("Sign in.", 401))


@app.websocket("/closes")
async def closes(websocket: WebSocket, code: int = 1000) -> None:
    """Close at once."""
    await websocket.accept()
    await websocket.close(code)


@app.websocket("/returns")
async def returns(websocket: WebSocket) -> None:
    """Return without a close."""
    await websocket.accept()


@app.websocket("/fails")
async def fails(websocket: WebSocket) -> None:
    """Fail after the first message."""
    await websocket.accept()
    await websocket.receive()
    raise RuntimeError("It fails on purpose.")


@app.websocket("/floods")
async def floods(websocket: WebSocket) -> None:
    """Send without end to a client that may not read."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_bytes(FLOOD)
            counts["flooded"] += 1
    finally:
        counts["flood ended"] += 1


@app.websocket("/slow")
async def slow(websocket: WebSocket) -> None:
    """Take a message only from time to time."""
    await websocket.accept()
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        await asyncio.sleep(0.05)


@app.websocket("/held")
async def held(websocket: WebSocket, item: Any = framework.Depends(resource)) -> None:
    """Send back texts with a resource in hand; the end of the client is not caught."""
    await asyncio.sleep(0)
    await websocket.accept()
    while True:
        text = await websocket.receive_text()
        await asyncio.sleep(0)
        for _ in range(3):
            await websocket.send_text(text)


@app.websocket("/caught")
async def caught(websocket: WebSocket, item: Any = framework.Depends(resource)) -> None:
    """The same in the way of the tutorials."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        counts["caught"] += 1


def add_guarded() -> None:
    """Mount an application that only pages of its own origin may open, which FastAPI lacks."""
    guarded = framework.FastAPI(hardened=True)
    guarded.websocket("/echo")(echo)
    app.mount("/guarded", guarded)


if framework.__name__ == "pronghorn":
    add_guarded()
