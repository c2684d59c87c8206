"""A program that blocks its event loop in several ways."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pronghorn import Depends, FastAPI

SECONDS = 0.5


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    time.sleep(SECONDS)  # noqa: ASYNC251 - it blocks on purpose
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/text")
async def read_text() -> str:
    return "text"


@app.get("/sleeps")
async def sleep_in_loop() -> None:
    time.sleep(SECONDS)  # noqa: ASYNC251


@app.get("/works")
async def work() -> None:
    count(time.monotonic() + SECONDS)


def count(until: float) -> None:
    while time.monotonic() < until:
        pass


@app.get("/loops/{part}")
async def block_in_loop(part: str) -> None:
    for _ in range(1):
        time.sleep(SECONDS if part == "first" else 0)  # noqa: ASYNC251
        time.sleep(SECONDS if part == "second" else 0)  # noqa: ASYNC251


@app.get("/gives-way/{part}")
async def give_way_in_loop(part: str) -> None:
    for _ in range(1):
        await asyncio.sleep(0)
        time.sleep(SECONDS if part == "first" else 0)  # noqa: ASYNC251
        time.sleep(SECONDS if part == "second" else 0)  # noqa: ASYNC251


@app.get("/lines/{part}")
async def block_in_lines(part: str) -> None:
    time.sleep(SECONDS if part == "first" else 0)  # noqa: ASYNC251
    time.sleep(SECONDS if part == "second" else 0)  # noqa: ASYNC251


async def wait_in_dependency() -> None:
    gc.collect()
    time.sleep(SECONDS)  # noqa: ASYNC251


@app.get("/depends", dependencies=[Depends(wait_in_dependency)])
async def depend() -> None: ...


@app.get("/thread")
def sleep_in_thread() -> None:
    time.sleep(0.25)


@app.get("/awaits")
async def sleep_well() -> None:
    await asyncio.sleep(0.25)


@app.get("/imports")
async def import_late() -> None:
    folder = Path(__file__).parent / "slow"
    sys.path.append(str(folder))
    __import__("imported_slowly")
