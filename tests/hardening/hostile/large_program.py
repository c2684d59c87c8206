"""A program that takes large bodies of JSON, and says how long its event loop stood still."""

import asyncio
import importlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import BaseModel

framework: Any = importlib.import_module(os.environ.get("HARDENING_FRAMEWORK", "pronghorn"))
#: Seconds between two looks at the clock.
STEP = 0.005


class Stall:
    """The longest stall since somebody asked, in seconds."""

    longest = 0.0


class Item(BaseModel):
    name: str
    price: float
    tags: list[str] = []


class Box(BaseModel):
    items: list[Item] = []
    counts: dict[str, int] = {}


async def watch() -> None:
    """Measure for how long the loop runs nothing else."""
    while True:
        start = time.monotonic()
        await asyncio.sleep(STEP)
        Stall.longest = max(Stall.longest, time.monotonic() - start - STEP)


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Watch the loop while the program runs."""
    watching = asyncio.create_task(watch())
    yield
    watching.cancel()


app = framework.FastAPI(lifespan=lifespan, max_body_size=32 * 2**20)


@app.get("/longest")
async def read_longest() -> float:
    """Return the longest stall since the last call, in seconds."""
    found, Stall.longest = Stall.longest, 0.0
    return found


@app.post("/any")
async def take_any(value: dict[str, Any] | list[Any]) -> int:
    """Take any container."""
    return len(value)


@app.post("/numbers")
async def take_numbers(numbers: list[int]) -> int:
    """Take numbers."""
    return len(numbers)


@app.post("/counts")
async def take_counts(counts: dict[str, int]) -> int:
    """Take an object of numbers."""
    return len(counts)


@app.post("/items")
async def take_items(items: list[Item]) -> int:
    """Take models."""
    return len(items)


@app.post("/box")
async def take_box(box: Box) -> int:
    """Take a model with many members."""
    return len(box.items) + len(box.counts)
