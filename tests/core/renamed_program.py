"""A program that uses the features for which we need private names of other packages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from threading import current_thread
from typing import Annotated, Any

from pydantic import BaseModel

from pronghorn import Depends, FastAPI, File, Form, HTTPException, Request, WebSocket
from pronghorn.responses import FileResponse, StreamingResponse

FILE = Path(__file__)


class Item(BaseModel):
    name: str
    data: bytes = b""


async def body_of(request: Request) -> str:
    return (await request.body()).decode()


async def opened(request: Request) -> AsyncIterator[str]:
    yield request.query_params["query"]


app = FastAPI()
sub = FastAPI()


@app.middleware("http")
async def around(request: Request, call_next: Any) -> Any:
    response = await call_next(request)
    response.headers["x-around"] = "yes"
    return response


for each in (app, sub):

    @each.get("/items/{number}")
    async def get_item(
        number: int, request: Request, same: Annotated[str, Depends(opened)], query: str = ""
    ) -> dict[str, Any]:
        return {"number": number, "query": query, "same": same}

    @each.post("/items")
    async def create_item(item: Item, body: Annotated[str, Depends(body_of)]) -> dict[str, Any]:
        return {"name": item.name, "has_body": "name" in body}

    @each.get("/blocking")
    def block() -> str:
        return current_thread().name

    @each.post("/form")
    async def read_form(request: Request, name: Annotated[str, Form()]) -> dict[str, Any]:
        return {"name": name, "again": (await request.form())["name"]}

    @each.post("/upload")
    async def upload(file: Annotated[bytes, File()]) -> int:
        return len(file)

    @each.get("/file")
    async def send_file() -> FileResponse:
        return FileResponse(FILE)

    @each.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            yield "a"
            yield "b"

        return StreamingResponse(parts())

    @each.get("/error")
    async def error() -> None:
        raise HTTPException(418)

    @each.websocket("/socket")
    async def socket(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.send_bytes(await socket.receive_bytes())


@sub.get("/called")
async def called() -> None:
    raise HTTPException(418)


#: A library that calls a route as an ASGI application.
sub.router.routes[-1].app = sub.router.routes[-1].app  # type: ignore[attr-defined]
