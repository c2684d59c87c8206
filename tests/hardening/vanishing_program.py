"""A program that counts what its requests hold, on the framework that `HARDENING_FRAMEWORK` names.

`DATABASE_URL` names a database; without one, or without SQLAlchemy, no request uses any.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

NAME = os.environ.get("HARDENING_FRAMEWORK", "pronghorn")
URL = os.environ.get("DATABASE_URL", "")
IS_OURS = NAME == "pronghorn"
framework = importlib.import_module(NAME)
app = framework.FastAPI()
#: What was begun and what has ended.
begun: Counter[str] = Counter()
ended: Counter[str] = Counter()
LARGE = b"x" * 4_194_304
#: How often an endpoint asks whether its client has left, before it gives up.
POLLS = int(os.environ.get("VANISHING_POLLS", "40"))
CANCELS: dict[str, Any] = {"on_disconnect": "cancel"} if IS_OURS else {}


async def no_session() -> AsyncIterator[None]:
    """Stand for a session."""
    begun["session"] += 1
    try:
        yield None
    finally:
        await asyncio.sleep(0)
        ended["session"] += 1


session: Any = framework.Depends(no_session)
engines: Any = ()
if URL and IS_OURS:
    from sqlalchemy import text

    from pronghorn.sql import Database

    database = Database(URL, pool_size=5, max_overflow=0)
    session, engines = database.session, database._primary
Session = Annotated[Any, session]
if engines:
    from sqlalchemy.ext.asyncio import AsyncSession

    Session = Annotated[AsyncSession, session]


async def use(given: Any) -> None:
    """Use a session, if it is one."""
    if given is not None:
        await given.execute(text("SELECT 1"))


async def outer() -> AsyncIterator[None]:
    """Hold something, with clean-up that waits."""
    begun["outer"] += 1
    try:
        yield
    finally:
        await asyncio.sleep(0)
        ended["outer"] += 1


def blocking(given: None = framework.Depends(outer)) -> Iterator[None]:
    """Hold something, in threads."""
    begun["blocking"] += 1
    try:
        yield
    finally:
        time.sleep(0.001)
        ended["blocking"] += 1


held = [framework.Depends(blocking)]


@app.get("/")
async def root() -> dict[str, int]:
    """Answer the client that waits for the start."""
    return {}


@app.post("/body", dependencies=held)
async def body(request: Request, given: Session) -> int:
    """Read a body, use a session."""
    size = len(await request.body())
    await use(given)
    await asyncio.sleep(0.01)
    return size


@app.get("/wait", dependencies=held)
async def wait(given: Session) -> int:
    """Keep a session for a while."""
    await use(given)
    await asyncio.sleep(0.02)
    return 1


@app.get("/thread", dependencies=held)
def thread() -> int:
    """Work in a thread."""
    time.sleep(0.01)
    return 1


@app.post("/upload", dependencies=held)
async def upload(file: framework.UploadFile, given: Session) -> int:
    """Receive a file, which is on the disk if it is long."""
    await use(given)
    return len(await file.read())


async def count_body(times: int) -> AsyncIterator[bytes]:
    """Yield the parts of a stream, and count its begin and its end."""
    begun["stream"] += 1
    try:
        for _ in range(times):
            yield b"data: x\n\n" * 1000
            await asyncio.sleep(0.002)
    finally:
        with anyio.CancelScope(shield=True):  # Streams are cancelled by a scope, which repeats it.
            await asyncio.sleep(0)
        ended["stream"] += 1


@app.get("/stream", dependencies=held)
async def stream() -> StreamingResponse:
    """Send a short stream."""
    return StreamingResponse(count_body(10))


@app.get("/endless", dependencies=held)
async def endless() -> StreamingResponse:
    """Send a stream that only the client ends."""
    return StreamingResponse(count_body(10**9), media_type="text/event-stream")


@app.get("/large", dependencies=held)
async def large() -> Response:
    """Send a long response."""
    return Response(LARGE)


@app.get("/poll", dependencies=held)
async def poll(request: Request) -> int:
    """Work until the client leaves."""
    for _ in range(POLLS):
        if await request.is_disconnected():
            break
        await asyncio.sleep(0.005)
    return 1


@app.get("/cancel", dependencies=held, **CANCELS)
async def cancel(given: Session) -> int:
    """Work for long, unless a departure cancels that."""
    await use(given)
    await asyncio.sleep(0.3 if IS_OURS else 0.05)
    return 1


def count_files() -> int:
    """Return how many sockets, and files without a name, are open.

    Threads and databases have files of their own, which stay.
    """
    found = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # It was that of the list.
        found += target.startswith("socket:") or target.endswith("(deleted)")
    return found


@app.get("/counts")
async def counts() -> dict[str, Any]:
    """Say what is held now, besides this request."""
    gc.collect()
    pools = [engine.pool for engine in engines]
    idle = sum(pool.checkedin() for pool in pools) if "postgresql" in URL else 0
    return {
        "tasks": len(asyncio.all_tasks()),
        "files": count_files() - idle,
        "checkouts": sum(pool.checkedout() for pool in pools),
        "held": sum(begun.values()) - sum(ended.values()),
        "begun": sum(begun.values()),
        "twice": [name for name in begun if ended[name] > begun[name]],
        "has_database": bool(engines),
        "names": {name: number - ended[name] for name, number in begun.items()},
    }
