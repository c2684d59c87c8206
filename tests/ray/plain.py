"""A program that knows nothing of Ray, but for the name of its node."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import ray
from pydantic import BaseModel

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Depends,
    FastAPI,
    HTTPException,
    Request,
    UploadFile,
    WebSocket,
)
from pronghorn.responses import StreamingResponse


def mark(place: str) -> None:
    Path(place).touch()


def is_there(place: str) -> bool:
    return Path(place).exists()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.unit = "cm"
    yield
    place = os.environ.get("PLAIN_ENDED")
    if place:
        mark(place)


app = FastAPI(lifespan=lifespan)
router = APIRouter(prefix="/lengths")


class Length(BaseModel):
    number: int


def get_unit(request: Request) -> Iterator[str]:
    yield request.app.state.unit


@router.post("", status_code=201)
async def create(length: Length, unit: Annotated[str, Depends(get_unit)]) -> str:
    return f"{length.number} {unit}"


@router.get("/{number}")
def read(number: int, request: Request, factor: int = 1) -> dict[str, object]:
    return {"number": number * factor, "url": request.url_for("read", number="7").path}


app.include_router(router)


@app.get("/node")
async def node() -> str:
    return str(ray.get_runtime_context().get_node_id())


@app.get("/taken")
def taken() -> None:
    raise HTTPException(409, "taken", headers={"X-Reason": "test"})


@app.get("/broken")
def broken() -> None:
    raise RuntimeError("broken on purpose")


@app.post("/upload")
async def upload(file: UploadFile) -> int:
    return len(await file.read())


@app.get("/later")
def later(place: str, tasks: BackgroundTasks) -> str:
    tasks.add_task(mark, place)
    return "soon"


@app.get("/waits")
async def waits(begun: str, cancelled: str) -> None:
    """Wait until the request is cancelled."""
    mark(begun)
    try:
        await asyncio.Event().wait()
    finally:
        mark(cancelled)


@app.get("/pieces")
async def pieces(go_on: str, ended: str) -> StreamingResponse:
    """Send a piece, and the second one when a file is there."""

    async def produce() -> AsyncIterator[str]:
        try:
            yield "first\n"
            while not is_there(go_on):  # noqa: ASYNC110 - a file of another process
                await asyncio.sleep(0.02)
            yield "second\n"
        finally:
            mark(ended)

    return StreamingResponse(produce(), media_type="text/plain")


@app.websocket("/echo/{times}")
async def echo(websocket: WebSocket, times: int) -> None:
    await websocket.accept()
    for _ in range(times):
        await websocket.send_text(f"{await websocket.receive_text()} {app.state.unit}")
    await websocket.close(4001)
