"""Responses and requests that are not one small JSON document."""

from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, UploadFile, WebSocket, WebSocketDisconnect
from fastapi.sse import EventSourceResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel

EVENTS = 1000
READ_BYTES = 1024 * 1024


class Item(BaseModel):
    """An item of a stream."""

    id: int
    name: str
    price: float


class Row(BaseModel):
    """A row of a large body."""

    id: int
    name: str
    price: float
    tags: list[str]


#: Created in advance, because creating them takes Pydantic as long as everything else.
ITEMS = [Item(id=number, name="A lamp", price=12.5) for number in range(EVENTS)]

app = FastAPI()


@app.get("/events", response_class=EventSourceResponse)
async def read_events() -> AsyncIterable[Item]:
    """Stream server-sent events."""
    for number in range(EVENTS):
        yield ITEMS[number]


@app.get("/lines")
async def read_lines() -> AsyncIterable[Item]:
    """Stream JSON Lines."""
    for number in range(EVENTS):
        yield ITEMS[number]


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    """Send back what is received."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        return


@app.post("/upload")
async def upload(file: UploadFile):
    """Read an upload piece by piece."""
    size = 0
    while piece := await file.read(READ_BYTES):
        size += len(piece)
    return {"size": size}


@app.post("/rows")
async def create_rows(rows: list[Row]):
    """Take a large JSON body as models."""
    return {"rows": len(rows)}


@app.post("/data")
async def create_data(rows: list[dict[str, Any]]):
    """Take a large JSON body as it is."""
    return {"rows": len(rows)}


def with_files(folder: Path) -> FastAPI:
    """Make an application that serves the files of a folder."""
    served = FastAPI()
    served.mount("/static", StaticFiles(directory=folder))
    return served
