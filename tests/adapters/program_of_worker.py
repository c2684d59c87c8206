"""A program that tells what was set up for the process that serves it."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from pronghorn import FastAPI

app = FastAPI()


@app.get("/text")
async def text() -> str:
    return "started"


@app.get("/policies")
def policies() -> list[int | None]:
    if sys.platform != "linux":
        return [None]
    threads = [int(entry.name) for entry in Path("/proc/self/task").iterdir()]
    return [os.sched_getscheduler(thread) for thread in threads]


@app.get("/frozen")
async def frozen() -> int:
    return gc.get_freeze_count()
