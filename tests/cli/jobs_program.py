"""A program with jobs, which tests of commands write, and what a test does with its jobs."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from tests.cli.conftest import Write

NAME = "jobs_program"

PROGRAM = """
import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pronghorn import FastAPI
from pronghorn.jobs import Jobs
from pronghorn.nodes import Nodes
from pronghorn.sql import Database

db = Database(os.environ.get("DATABASE", "sqlite:///jobs.db"))
Nodes.of(db, beat=0.2, dead_after=1.0)
jobs = Jobs(db, retries=1, backoff="10ms..20ms")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with db.lifespan(app):
        yield
        note("lifespan ended")


app = FastAPI(lifespan=lifespan)
jobs.attach(app)


def note(text: str) -> None:
    with Path("notes.txt").open("a") as file:
        file.write(f"{text}\\n")


@jobs.task(queue="mail")
async def send_receipt(order_id: int, api_token: str = "") -> None:
    note(f"sent {order_id} in {os.getpid()}")


@jobs.task
async def fail(order_id: int, password: str = "") -> None:
    if not Path("mended").exists():
        raise RuntimeError("The printer is on fire")
    note(f"printed {order_id}")


@jobs.task(retries=0)
async def fail_together() -> None:
    raise ExceptionGroup("both", [ValueError("one"), KeyError("two")])


@jobs.task(queue="slow")
async def wait(seconds: float) -> None:
    note(f"began to wait in {os.getpid()}")
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        note("interrupted")
        raise
    note(f"waited in {os.getpid()}")


@app.post("/orders/{order_id}")
async def order(order_id: int) -> str:
    return (await jobs.enqueue(send_receipt, order_id)).id


@app.post("/waits/{seconds}")
async def enqueue_wait(seconds: float) -> str:
    return (await jobs.enqueue(wait, seconds)).id
"""


def write_program(write: Write, source: str = PROGRAM) -> None:
    """Write the program into the working directory."""
    write(f"{NAME}.py", source)


def in_program(work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Run something with the module of the program, while its database is connected."""
    sys.path.insert(0, "")
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(NAME)
    finally:
        sys.path.remove("")

    async def main() -> Any:
        async with module.db.lifespan():
            return await work(module)

    return asyncio.run(main())
