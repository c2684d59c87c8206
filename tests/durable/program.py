"""The program that the campaigns break: a worker, `python -m tests.durable.program work`.

`... enqueue N SHORTEST LONGEST` stores N jobs that take so many milliseconds; `... poison N` stores
jobs that end their process. The environment says where the database is, and how often nodes beat.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from datetime import datetime

if "DURABLE_SKEW" in os.environ:  # The clock of this host is wrong, before anybody looks at it.
    _skew, _time, _time_ns = int(os.environ["DURABLE_SKEW"]), time.time, time.time_ns
    time.time = lambda: _time() + _skew
    time.time_ns = lambda: _time_ns() + _skew * 10**9

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, insert

from pronghorn import FastAPI
from pronghorn.jobs import Job, Jobs
from pronghorn.nodes import Nodes, now_ms
from pronghorn.sql import Database

beat = float(os.environ.get("DURABLE_BEAT", "5"))
dead_after = float(os.environ.get("DURABLE_DEAD_AFTER", "20"))
db = Database(
    os.environ["DURABLE_URL"],
    pool_size=6,
    connect_timeout=2,
    # A process that is stopped must not keep the rows of its transaction for longer.
    idle_in_transaction_timeout=dead_after,
)
nodes = Nodes.of(db, beat=beat, dead_after=dead_after)
jobs = Jobs(db, retries=20, backoff="100ms..2s")
app = FastAPI(lifespan=db.lifespan)
jobs.attach(app)

TABLES = MetaData()
#: What happened, in transactions of their own: `begun`, `dropped`.
EVENTS = Table(
    "pronghorn_test_events",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("what", String(20)),
    Column("name", String(64)),
    Column("node", String(36)),
    Column("at", BigInteger),
)
#: What jobs do in `job.transaction()`. Nothing but the job keeps a row from being there twice.
EFFECTS = Table(
    "pronghorn_test_effects",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(64)),
    Column("node", String(36)),
)
db.add_own_tables(TABLES)


async def note(what: str, name: str) -> None:
    """Write that something has happened."""
    async with db.transaction() as session:
        row = {"what": what, "name": name, "node": nodes.id}
        await session.execute(insert(EVENTS).values(**row, at=now_ms(db.engine.dialect)))


@jobs.task(name="work")
async def work(number: int, milliseconds: int, job: Job) -> None:
    """Take a while, and have an effect."""
    await note("begun", str(number))
    try:
        await asyncio.sleep(milliseconds / 1000)
        async with job.transaction() as session:
            row = {"name": str(number), "node": nodes.id}
            await session.execute(insert(EFFECTS).values(**row))
    except asyncio.CancelledError:
        print(f"dropped {number}", file=sys.stderr, flush=True)
        raise


@jobs.task(name="poison", retries=3)
async def poison(number: int) -> None:
    """End the process, as a defect of a library in C would."""
    await note("begun", f"poison {number}")
    os._exit(1)


if "DURABLE_CRON" in os.environ:

    @jobs.cron(os.environ["DURABLE_CRON"], missed=os.environ.get("DURABLE_MISSED", "skip"))
    async def ticking(tick: datetime) -> None:
        """Write the time for which it runs."""
        await note("tick", tick.isoformat())


async def run_worker() -> None:
    """Run jobs until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with db.lifespan(), jobs.worker(app, queues={"default": 4}):
        print(nodes.id, flush=True)
        await stop.wait()


async def enqueue(number: int, shortest: int, longest: int) -> None:
    """Store jobs, ten in a transaction."""
    async with db.lifespan():
        for start in range(0, number, 10):
            async with db.transaction() as session:
                for each in range(start, min(start + 10, number)):
                    milliseconds = random.randint(shortest, longest)  # noqa: S311
                    await jobs.enqueue(work, each, milliseconds, session=session)


async def enqueue_poison(number: int) -> None:
    """Store jobs that end their process."""
    async with db.lifespan():
        for each in range(number):
            await jobs.enqueue(poison, each)


def main(command: str, *arguments: str) -> None:
    """Run a command."""
    numbers = map(int, arguments)
    commands = {"work": run_worker, "enqueue": enqueue, "poison": enqueue_poison}
    asyncio.run(commands[command](*numbers))


if __name__ == "__main__":
    main(*sys.argv[1:])
