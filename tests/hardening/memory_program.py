"""A program with one endpoint of each kind, whose memory is measured.

It is served by FastAPI and by pronghorn (`HARDENING_FRAMEWORK`).
"""

import asyncio
import importlib
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from pydantic import BaseModel, Field

framework = importlib.import_module(os.environ.get("HARDENING_FRAMEWORK", "pronghorn"))
responses = importlib.import_module(f"{framework.__name__}.responses")
Depends, Header, Cookie = framework.Depends, framework.Header, framework.Cookie
BackgroundTasks, UploadFile, WebSocket = (
    framework.BackgroundTasks,
    framework.UploadFile,
    framework.WebSocket,
)


@asynccontextmanager
async def silence(app: Any) -> AsyncIterator[None]:
    """Write no line for each of a million requests, which would only measure the disk."""
    for name in ("uvicorn.access", "granian.access"):
        logging.getLogger(name).disabled = True
    yield


app = framework.FastAPI(lifespan=silence)


class Item(BaseModel):
    """An item of the shop."""

    name: str = Field(max_length=100)
    price: float = Field(gt=0)
    tags: list[str] = []


async def session() -> AsyncIterator[dict[str, int]]:
    """Open something for a request."""
    yield {"open": 1}


def blocking_session() -> Iterator[dict[str, int]]:
    """Open something for a request, in a thread."""
    yield {"open": 1}


@app.get("/")
async def root() -> dict[str, str]:
    """Answer."""
    return {"status": "up"}


@app.get("/items/{number}")
async def read_item(
    number: int,
    q: str = "",
    user_agent: Annotated[str, Header()] = "",
    seen: Annotated[str, Cookie()] = "",
) -> dict[str, Any]:
    """Read parameters of every place."""
    return {"number": number, "q": q, "agent": user_agent, "seen": seen}


@app.post("/items")
async def add_item(item: Item) -> Item:
    """Validate a body."""
    return item


@app.post("/form")
async def send_form(name: Annotated[str, framework.Form()]) -> str:
    """Read a form."""
    return name


@app.post("/upload")
async def upload(file: UploadFile) -> int:
    """Read a file."""
    return len(await file.read())


@app.get("/stream")
async def stream() -> Any:
    """Answer in parts."""

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"part"

    return responses.StreamingResponse(parts())


@app.get("/endless")
async def endless() -> Any:
    """Answer in parts until the client leaves."""

    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield b"part" * 100
            await asyncio.sleep(0.001)

    return responses.StreamingResponse(parts())


@app.get("/yield")
async def read_session(opened: Annotated[dict[str, int], Depends(session)]) -> dict[str, int]:
    """Use a dependency with clean-up."""
    return opened


@app.get("/def")
def read_blocking(
    opened: Annotated[dict[str, int], Depends(blocking_session)], tasks: BackgroundTasks
) -> dict[str, int]:
    """Use a dependency with clean-up and a background task, in threads."""
    tasks.add_task(int)
    return opened


@app.get("/slow")
async def slow(opened: Annotated[dict[str, int], Depends(session)]) -> dict[str, int]:
    """Answer late, so that clients leave before."""
    await asyncio.sleep(0.02)
    return opened


@app.get("/fails")
async def fails() -> None:
    """Refuse."""
    raise framework.HTTPException(418, "It refuses on purpose.")


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    """Send what arrives."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except framework.WebSocketDisconnect:
        pass
