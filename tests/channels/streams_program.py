"""The program of `answers.py`, for servers and workers in processes of their own.

    python -m tests.channels.streams_program

runs a worker until SIGTERM, after a line that says that it is ready. `app` is for servers. The
environment says where the database is (`DATABASE_URL`), and how often nodes beat (`BEAT`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from pronghorn.nodes import Nodes
from pronghorn.sql import Database
from tests.channels.answers import make_app

BEAT = float(os.environ.get("BEAT", "0.2"))

database = Database(os.environ["DATABASE_URL"])
nodes = Nodes.of(database, beat=BEAT, dead_after=5 * BEAT)
app, jobs, streams = make_app(database)


@app.get("/text")
async def text() -> str:
    return "ready"


async def work() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with database.lifespan(app), jobs.worker(app, {"streams": 200}):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(work())
