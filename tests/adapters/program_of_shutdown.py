"""A program that prints what still runs when its response has been sent."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from pronghorn import BackgroundTasks, Depends, FastAPI
from pronghorn.responses import PlainTextResponse


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    tell("the lifespan ends")


async def open_session() -> AsyncIterator[str]:
    yield "session"
    await anyio.sleep(0.1)
    tell("the session is closed")


async def work() -> None:
    await anyio.sleep(1)
    tell("the task is done")


app = FastAPI(lifespan=lifespan)


@app.get("/text")
async def text() -> PlainTextResponse:
    return PlainTextResponse("text")


@app.get("/later", dependencies=[Depends(open_session)])
async def later(tasks: BackgroundTasks) -> str:
    tasks.add_task(work)
    return "sent"


async def wrapped(scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # plain ASGI
    """Call the application as that of another framework, which a function wraps."""
    await app(scope, receive, send)
