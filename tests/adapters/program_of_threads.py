"""A program that tells how the system schedules the threads of its process."""

from __future__ import annotations

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
