"""A program whose requests end only when their clients leave."""

from __future__ import annotations

import asyncio

from pronghorn import FastAPI, Request

app = FastAPI()
#: The requests that wait for their client to leave.
waiting: list[str] = []


@app.get("/waiting")
async def read_waiting() -> list[str]:
    """Say who waits."""
    return waiting


@app.post("/poll")
@app.get("/poll")
async def poll(request: Request) -> None:
    """Ask again and again."""
    waiting.append("poll")
    while not await request.is_disconnected():  # noqa: ASYNC110 - this is what is tested
        await asyncio.sleep(0.01)
    waiting.remove("poll")


@app.post("/cancel", on_disconnect="cancel")
@app.get("/cancel", on_disconnect="cancel")
async def cancel() -> None:
    """Sleep until the framework cancels it."""
    waiting.append("cancel")
    try:
        await asyncio.sleep(3600)
    finally:
        waiting.remove("cancel")


@app.post("/read", on_disconnect="cancel", max_body_size=32_000_000)
async def read(request: Request) -> None:
    """Read a body late, then sleep until the framework cancels it."""
    await asyncio.sleep(1)
    size = len(await request.body())
    waiting.append(f"read {size}")
    try:
        await asyncio.sleep(3600)
    finally:
        waiting.clear()


@app.get("/slow")
async def slow() -> str:
    """Answer after the server has looked at its connections."""
    await asyncio.sleep(2.5)
    return "slow"


@app.post("/length")
async def length(request: Request) -> int:
    """Count a body."""
    return len(await request.body())
