"""The program behind every server; each endpoint shows one thing that a client can observe."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.routing import Route

from pronghorn import (
    BackgroundTasks,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    UploadFile,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
)
from pronghorn.responses import (
    FileResponse,
    PlainTextResponse,
    RedirectResponse,
    StreamingResponse,
)
from pronghorn.sse import EventSourceResponse, ServerSentEvent
from pronghorn.staticfiles import StaticFiles

#: What happened, by the name that the client chose for one test.
events: dict[str, list[str]] = {}


def note(key: str, what: str) -> None:
    events.setdefault(key, []).append(what)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    yield {"started": "yes"}


app = FastAPI(lifespan=lifespan)


class Item(BaseModel):
    name: str
    price: float = 1.5
    tags: list[str] = []


# --- parameters and bodies --------------------------------------------------------------------


@app.get("/items/{item_id}")
async def read_item(item_id: int, q: str | None = None, limit: int = 10) -> dict[str, Any]:
    return {"item_id": item_id, "q": q, "limit": limit}


@app.get("/in-thread/{item_id}")
def read_item_in_thread(item_id: int) -> dict[str, Any]:
    return {"item_id": item_id}


@app.post("/items", status_code=201)
async def create_item(item: Item) -> Item:
    return item


@app.get("/received")
async def received(
    x_token: Annotated[str, Header()],
    session: Annotated[str | None, Cookie()] = None,
    theme: Annotated[str | None, Cookie()] = None,
    x_many: Annotated[list[str] | None, Header()] = None,
    tag: Annotated[list[str] | None, Query()] = None,
) -> dict[str, Any]:
    return {"token": x_token, "session": session, "theme": theme, "many": x_many, "tags": tag}


@app.post("/digest")
async def digest(request: Request) -> dict[str, Any]:
    body = await request.body()
    return {"length": len(body), "sha256": hashlib.sha256(body).hexdigest()}


@app.post("/parts")
async def parts(request: Request) -> dict[str, int]:
    return {"length": sum([len(part) async for part in request.stream()])}


@app.post("/ignored-body")
async def ignored_body() -> dict[str, str]:
    return {"body": "not read"}


@app.post("/form")
async def form(name: Annotated[str, Form()], age: Annotated[int, Form()]) -> dict[str, Any]:
    return {"name": name, "age": age}


@app.post("/upload")
async def upload(file: UploadFile, note: Annotated[str, Form()] = "") -> dict[str, Any]:
    content = await file.read()
    digest = hashlib.sha256(content).hexdigest()
    return {"name": file.filename, "length": len(content), "sha256": digest, "note": note}


@app.post("/upload-bytes")
async def upload_bytes(file: Annotated[bytes, File()]) -> int:
    return len(file)


# --- responses --------------------------------------------------------------------------------


@app.api_route("/both", methods=["GET", "HEAD"], include_in_schema=False)
async def both() -> dict[str, str]:
    return {"method": "either"}


@app.get("/injected")
async def injected(response: Response) -> dict[str, bool]:
    response.status_code = 202
    response.headers["x-kind"] = "injected"
    response.set_cookie("first", "1")
    response.set_cookie("second", "2")
    return {"ok": True}


@app.get("/empty", status_code=204)
async def empty() -> None:
    return None


@app.get("/text")
async def text() -> Response:
    return PlainTextResponse("plain text")


@app.get("/redirect")
async def redirect() -> Response:
    return RedirectResponse("/text")


@app.get("/with-slash/")
async def with_slash() -> str:
    return "with slash"


@app.get("/split")
async def split(response: Response) -> str:
    response.headers["x-value"] = "one\r\nx-evil: two"
    return "never"


@app.get("/stream")
async def stream(count: int = 3) -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        for number in range(count):
            yield b"chunk %d\n" % number
            await asyncio.sleep(0)

    return StreamingResponse(chunks(), media_type="text/plain")


@app.get("/lines")
async def lines() -> AsyncIterator[Item]:
    for name in ("a", "b"):
        yield Item(name=name)


@app.get("/events", response_class=EventSourceResponse)
async def server_sent_events() -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(data={"number": 1}, id="1")
    yield ServerSentEvent(data={"number": 2}, event="second")


@app.get("/endless")
async def endless(key: str) -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 1000
                await asyncio.sleep(0.01)
        finally:
            note(key, "stream closed")

    return StreamingResponse(chunks())


@app.get("/refused-stream")
async def refused_stream() -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        await asyncio.sleep(0.001)
        raise HTTPException(404, "not today")
        yield b""

    return StreamingResponse(chunks())


@app.get("/flood")
async def flood(key: str) -> StreamingResponse:
    """A stream that is in the middle of its `send` when its client leaves."""

    async def chunks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            note(key, "stream closed")

    return StreamingResponse(chunks())


FILE = Path(os.environ["CONTRACT_FILES"]) / "digits.txt"


@app.get("/file")
async def file() -> FileResponse:
    return FileResponse(FILE, filename="digits.txt")


# --- what happens around the answer -------------------------------------------------------------


@app.get("/events-of/{key}")
async def events_of(key: str) -> list[str]:
    return events.get(key, [])


def outer(key: str) -> Iterator[str]:
    note(key, "outer begins")
    try:
        yield key
    finally:
        note(key, "outer ends")


async def inner(key: Annotated[str, Depends(outer)]) -> AsyncIterator[str]:
    note(key, "inner begins")
    try:
        yield key
    finally:
        note(key, "inner ends")


@app.get("/cleanup")
async def cleanup(
    key: Annotated[str, Depends(inner)], background_tasks: BackgroundTasks
) -> dict[str, str]:
    background_tasks.add_task(note, key, "background task")
    note(key, "endpoint")
    return {"key": key}


@app.get("/cleanup-after-error")
async def cleanup_after_error(key: Annotated[str, Depends(inner)]) -> None:
    note(key, "endpoint")
    raise HTTPException(418, "no coffee")


@app.get("/slow-background")
async def slow_background(key: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    async def task() -> None:
        note(key, "task begins")
        await asyncio.sleep(0.2)
        note(key, "task ends")

    background_tasks.add_task(task)
    return {"key": key}


@app.get("/watch-client")
async def watch_client(request: Request, key: str) -> str:
    note(key, f"at first: {await request.is_disconnected()}")
    while not await request.is_disconnected():  # noqa: ASYNC110 - what is tested
        await asyncio.sleep(0.01)
    note(key, "client left")
    return "nobody reads this"


@app.post("/ask-first")
async def ask_first(request: Request, key: str) -> str:
    gone = [await request.is_disconnected() for _ in range(3)]
    note(key, f"at first: {any(gone)}")
    return (await request.body()).decode()


@app.post("/watch-sender")
async def watch_sender(request: Request, key: str) -> str:
    return await watch_client(request, key)


@app.post("/watch-upload")
async def watch_upload(request: Request, key: str) -> str:
    note(key, "begins")
    try:
        await request.body()
    except Exception as error:
        note(key, type(error).__name__)
        raise
    return "complete"


# --- errors -----------------------------------------------------------------------------------


@app.get("/http-error")
async def http_error() -> None:
    raise HTTPException(403, "not you", headers={"x-reason": "test"})


@app.get("/crash")
async def crash() -> None:
    raise ZeroDivisionError("on purpose")


@app.get("/crash-in-stream")
async def crash_in_stream() -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"begin"
        raise ZeroDivisionError("on purpose")

    return StreamingResponse(chunks(), headers={"content-length": "1000"})


def failing_items() -> AsyncIterator[str]:
    """One item, and then a failure: a moment later, so that the item is on its way."""

    async def items() -> AsyncIterator[str]:
        yield "begin"
        await asyncio.sleep(0.01)
        raise ZeroDivisionError("on purpose")

    return items()


@app.get("/crash-in-chunks")
async def crash_in_chunks() -> StreamingResponse:
    return StreamingResponse(failing_items())


@app.get("/crash-in-lines")
async def crash_in_lines() -> AsyncIterator[str]:
    async for item in failing_items():
        yield item


@app.get("/crash-in-events", response_class=EventSourceResponse)
async def crash_in_events() -> AsyncIterator[str]:
    async for item in failing_items():
        yield item


class ShrinkingFile(FileResponse):
    """A file that cannot be read to its end."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def failing(message: Any) -> None:
            await send(message)
            if message.get("body"):
                await asyncio.sleep(0.01)
                raise ZeroDivisionError("on purpose")

        await super().__call__(scope, receive, failing)


@app.get("/crash-in-file")
async def crash_in_file() -> ShrinkingFile:
    return ShrinkingFile(FILE.with_name("long.txt"))


# --- the request as the program sees it -----------------------------------------------------------


@app.get("/scope/{rest:path}")
async def scope(request: Request, rest: str) -> dict[str, Any]:
    found = request.scope
    return {
        "type": found["type"],
        "method": found["method"],
        "path": found["path"],
        "query_string": found["query_string"].decode(),
        "root_path": found["root_path"],
        "scheme": found["scheme"],
        "http_version": found["http_version"],
        "state": found["state"].get("started"),
        "app": found["app"] is app,
        "handlers": sorted(kind.__name__ for kind in found["starlette.exception_handlers"][0]),
        "route": found["route"].path,
        "endpoint": found["endpoint"] is scope,
        "path_params": found["path_params"],
        "url_path": request.url.path,
        "client": bool(request.client),
        "rest": rest,
    }


# --- mounts and WebSockets ---------------------------------------------------------------------

mounted = FastAPI()


@mounted.get("/items/{item_id}")
async def mounted_item(request: Request, item_id: int) -> dict[str, Any]:
    return {"item_id": item_id, "root_path": request.scope["root_path"]}


async def plain(request: Request) -> Response:
    body = await request.body()
    return PlainTextResponse(f"{request.method} {request.url.path} {len(body)}")


app.mount("/mounted", mounted)
app.mount("/starlette", Starlette(routes=[Route("/plain", plain, methods=["GET", "POST"])]))
app.mount("/static", StaticFiles(directory=FILE.parent))


@app.websocket("/echo/{room}")
async def echo(websocket: WebSocket, room: str, key: str) -> None:
    await websocket.accept()
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message["code"])
            if message.get("text") is not None:
                if message["text"] == "close":
                    await websocket.close(4001)
                    return
                await websocket.send_text(f"{room}: {message['text']}")
            else:
                await websocket.send_bytes(message["bytes"][::-1])
    except WebSocketDisconnect:
        note(key, "client left")


@app.websocket("/ends/{how}")
async def ends(websocket: WebSocket, how: str) -> None:
    await websocket.accept()
    errors = {
        "http": HTTPException(404, "too late"),
        "unknown": ValueError("too bad"),
        "websocket": WebSocketException(4002, "as it says"),
    }
    if how in errors:
        raise errors[how]


@app.websocket("/refused")
async def refused(websocket: WebSocket) -> None:
    await websocket.close(1008)


@app.websocket("/chat")
async def chat(websocket: WebSocket, key: str) -> None:
    offered = websocket.scope["subprotocols"]
    await websocket.accept(subprotocol=offered[-1] if offered else None)
    message = await websocket.receive()
    note(key, f"closed with {message['code']}")
