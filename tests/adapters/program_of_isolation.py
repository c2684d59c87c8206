"""A program whose endpoints return everything that a request can see of another one."""

from __future__ import annotations

import asyncio
import gc
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Annotated, Any

from pronghorn import BackgroundTasks, Depends, FastAPI, Form, Request, Response, WebSocket
from pronghorn.responses import FileResponse, StreamingResponse
from pronghorn.sse import EventSourceResponse, ServerSentEvent

variable: ContextVar[str] = ContextVar("variable", default="unset")
#: What is checked out, by its kind; what background tasks saw; who waits.
checkouts: dict[str, int] = {}
seen: list[str] = []
registry: dict[Any, str] = {}
tasks: list[Any] = []
SHARED = b"x" * (4 << 20)
LONG_FILE = tempfile.NamedTemporaryFile()  # noqa: SIM115 - until the end of the process
LONG_FILE.truncate(32 << 20)  # It takes no space on the disk.


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    variable.set("lifespan")
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/text")
async def text() -> str:
    return "started"


# --- context variables ---------------------------------------------------------------------------


@app.get("/set/{value}")
async def set_variable(value: str, background_tasks: BackgroundTasks, wait: bool = False) -> str:
    found = variable.get()
    variable.set(value)
    if wait:
        await asyncio.sleep(0)
    background_tasks.add_task(note)
    return found


async def note() -> None:
    seen.append(variable.get())


@app.get("/stream/{value}")
async def stream(value: str) -> StreamingResponse:
    found = variable.get()
    variable.set(value)

    async def chunks() -> AsyncIterator[str]:
        yield found
        await asyncio.sleep(0)

    return StreamingResponse(chunks())


@app.post("/upload/{value}")
async def upload(request: Request, value: str) -> str:
    found = variable.get()
    variable.set(value)
    await request.body()
    return found


@app.get("/seen")
async def read_seen() -> list[str]:
    return seen


@app.websocket("/variable")
async def read_variable(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(variable.get())
    await websocket.close()


# --- tasks ---------------------------------------------------------------------------------------


@app.get("/task/{value}")
async def task(value: str, wait: bool = False) -> dict[str, Any]:
    """Keep something for the current task, as registries of sessions do."""
    current = asyncio.current_task()
    if wait:
        await asyncio.sleep(0)
    tasks.append(current)
    return {
        "found": registry.setdefault(current, value),
        "stays": current is asyncio.current_task(),
    }


@app.get("/cancel")
async def cancel(catch: bool = False) -> str:
    current = asyncio.current_task()
    current.cancel()  # type: ignore[union-attr]  # there is one
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        if not catch:
            raise
        current.uncancel()  # type: ignore[union-attr]  # there is one
        return "caught"
    return "not cancelled"


# --- clients that leave --------------------------------------------------------------------------


async def checkout(request: Request) -> AsyncIterator[None]:
    kind = request.url.path
    checkouts[kind] = checkouts.get(kind, 0) + 1
    try:
        yield
    finally:
        checkouts[kind] -= 1


@app.get("/checkouts")
async def read_checkouts(kind: str) -> int:
    return checkouts.get(kind, -1)


@app.get("/poll", dependencies=[Depends(checkout)])
async def poll(request: Request) -> str:
    while not await request.is_disconnected():  # noqa: ASYNC110 - what is tested
        await asyncio.sleep(0.01)
    return "nobody reads this"


@app.get("/listen", dependencies=[Depends(checkout)])
async def listen(request: Request) -> str:
    while (await request.receive())["type"] != "http.disconnect":
        """Wait on."""
    return "nobody reads this"


@app.get("/events", response_class=EventSourceResponse, dependencies=[Depends(checkout)])
async def events() -> AsyncIterator[ServerSentEvent]:
    number = 0
    while True:
        yield ServerSentEvent(data={"number": number})
        number += 1
        await asyncio.sleep(0.01)


# --- order ---------------------------------------------------------------------------------------


@app.api_route("/slow", methods=["GET", "POST"])
async def slow() -> str:
    await asyncio.sleep(0.1)
    return "slow"


class Work:
    """Requests that wait until they are told to go on.

    Attributes:
        begun: How many have begun.
        ended: How many have ended, in any way.
        may_end: They go on.
    """

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.may_end = asyncio.Event()

    @asynccontextmanager
    async def wait(self) -> AsyncIterator[None]:
        """Wait, and count."""
        self.begun += 1
        try:
            await self.may_end.wait()
            yield
        finally:
            self.ended += 1


work = Work()


@app.get("/work")
async def read_work(may_end: bool = False) -> list[int]:
    if may_end:
        work.may_end.set()
    return [work.begun, work.ended]


@app.get("/work/text")
async def work_on_text() -> str:
    async with work.wait():
        return "late"


@app.get("/work/shared")
async def work_on_shared() -> Response:
    async with work.wait():
        return Response(SHARED)


@app.get("/work/body")
async def work_on_body(request: Request) -> int:
    async with work.wait():
        return len(await request.body())


@app.get("/work/stream")
async def work_on_stream() -> StreamingResponse:
    async def chunks() -> AsyncIterator[str]:
        async with work.wait():
            yield "late"

    return StreamingResponse(chunks())


@app.get("/thread")
def thread() -> str:
    return "thread"


@app.api_route("/echo", methods=["POST", "CONNECT"])
async def echo(request: Request) -> dict[str, Any]:
    body = await request.body()
    return {"method": request.method, "body": body.decode(), "headers": dict(request.headers)}


@app.post("/first-part")
async def first_part(request: Request) -> str:
    async for part in request.stream():
        return part.decode()
    return "nothing"


# --- memory --------------------------------------------------------------------------------------


@app.get("/shared")
async def shared() -> Response:
    return Response(SHARED)


@app.get("/long")
async def long() -> Response:
    """Answer with more than the buffers of a connection hold."""
    return Response(SHARED * 4)


@app.post("/json")
async def read_json(body: dict[str, Any]) -> int:
    return len(body)


@app.get("/long-file")
async def long_file() -> FileResponse:
    return FileResponse(LONG_FILE.name)


@app.post("/form")
async def read_form(text: Annotated[str, Form()]) -> int:
    return len(text)


@app.get("/memory")
async def memory() -> int:
    """Return the resident memory of this process in bytes, without garbage."""
    gc.collect()
    with open("/proc/self/statm") as file:  # noqa: ASYNC230 - not a file on a disk
        return int(file.read().split()[1]) * 4096


async def wrapped(scope: Any, receive: Any, send: Any) -> None:
    """The same program behind something that only ASGI reaches."""
    await app(scope, receive, send)
