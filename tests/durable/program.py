"""The program that the campaigns break, with a task that takes its time and one that kills.

It is made by a function, in a process that `tests.durable.launcher` has forked: then its id as a
node, its database and its clock are its own.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, insert

from pronghorn import FastAPI
from pronghorn.jobs import Job, Jobs
from pronghorn.nodes import Nodes, now_ms
from pronghorn.sql import Database

TABLES = MetaData()
#: What happened, in transactions of their own: `begun`, `tick`.
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


class Program:
    """The program.

    Args:
        options: `url` of the database, `beat` and `dead_after` of its nodes; perhaps `cron` and
            `missed`, `retries` of poison, and `skew`, the seconds by which the clock of this host
            is wrong.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        if "skew" in options:
            _bend_clock(int(options["skew"]))
        dead_after = float(options["dead_after"])
        self.db = Database(
            options["url"],
            pool_size=6,
            connect_timeout=2,
            # A process that is stopped must not keep the rows of its transaction for longer.
            idle_in_transaction_timeout=dead_after,
        )
        self.db.add_own_tables(TABLES)
        self.nodes = Nodes.of(self.db, beat=float(options["beat"]), dead_after=dead_after)
        self.jobs = Jobs(self.db, retries=20, backoff="100ms..2s")
        self.app = FastAPI(lifespan=self.db.lifespan)
        self.jobs.attach(self.app)
        self.work = self.jobs.task(name="work")(self._work)
        self.poison = self.jobs.task(name="poison", retries=int(options.get("retries", "3")))(
            self._poison
        )
        if "cron" in options:
            missed = "once" if options.get("missed") == "once" else "skip"
            self.jobs.cron(options["cron"], missed=missed, name="ticking")(self._tick)

    async def note(self, what: str, name: str) -> None:
        """Write that something has happened."""
        async with self.db.transaction() as session:
            row = {"what": what, "name": name, "node": self.nodes.id}
            now = now_ms(self.db.engine.dialect)
            await session.execute(insert(EVENTS).values(**row, at=now))

    async def _work(self, number: int, milliseconds: int, job: Job) -> None:
        """Take a while, and have an effect."""
        await self.note("begun", str(number))
        try:
            await asyncio.sleep(milliseconds / 1000)
            async with job.transaction() as session:
                row = {"name": str(number), "node": self.nodes.id}
                await session.execute(insert(EFFECTS).values(**row))
        except asyncio.CancelledError:
            print(f"dropped {number}", file=sys.stderr, flush=True)
            raise

    async def _poison(self, number: int) -> None:
        """End the process, as a defect of a library in C would."""
        await self.note("begun", f"poison {number}")
        os._exit(1)

    async def _tick(self, tick: datetime, job: Job) -> None:
        """Write the time for which it runs, once for each job."""
        async with job.transaction() as session:
            row = {"what": "tick", "name": tick.isoformat(), "node": self.nodes.id}
            await session.execute(insert(EVENTS).values(**row))

    async def run_worker(self, log: Path) -> None:
        """Run jobs until SIGTERM; writes the id of the node beside the log."""
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        async with self.db.lifespan(), self.jobs.worker(self.app, queues={"default": 3}):
            log.with_suffix(".node").write_text(f"{self.nodes.id}\n", encoding="utf-8")
            await stop.wait()

    async def enqueue(self, number: int, shortest: int, longest: int) -> None:
        """Store jobs that take so many milliseconds, ten in a transaction."""
        async with self.db.lifespan():
            await self.jobs.prepare()
            for start in range(0, number, 10):
                async with self.db.transaction() as session:
                    for each in range(start, min(start + 10, number)):
                        milliseconds = random.randint(shortest, longest)
                        await self.jobs.enqueue(self.work, each, milliseconds, session=session)

    async def enqueue_poison(self, number: int) -> None:
        """Store jobs that end their process."""
        async with self.db.lifespan():
            for each in range(number):
                await self.jobs.enqueue(self.poison, each)


def _bend_clock(seconds: int) -> None:
    real, real_ns = time.time, time.time_ns
    time.time = lambda: real() + seconds
    time.time_ns = lambda: real_ns() + seconds * 10**9
