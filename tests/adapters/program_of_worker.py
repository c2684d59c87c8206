"""A program that tells what was set up for the process that serves it."""

from __future__ import annotations

import gc
import os
import sys

from pronghorn import FastAPI

app = FastAPI()


@app.get("/text")
async def text() -> str:
    return "started"


@app.get("/policies")
async def policies() -> dict[str, int | None]:
    if sys.platform != "linux":
        return {"of the event loop": None, "patient": 0}
    found = [os.sched_getscheduler(int(name)) for name in os.listdir("/proc/self/task")]
    return {
        "of the event loop": os.sched_getscheduler(0),
        "patient": found.count(os.SCHED_BATCH),
    }


@app.get("/frozen")
async def frozen() -> int:
    return gc.get_freeze_count()
