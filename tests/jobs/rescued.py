"""A worker that is killed: `python -m tests.jobs.rescued URL` runs jobs that never end."""

import asyncio
import os
import sys

from sqlalchemy import Column, Integer, MetaData, String, Table, insert

from pronghorn import FastAPI
from pronghorn.jobs import Job, Jobs
from pronghorn.nodes import Nodes
from pronghorn.sql import Database

TABLES = MetaData()
RUNS = Table(
    "pronghorn_test_runs",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("node", String(36)),
)
PAYMENTS = Table("pronghorn_test_payments", TABLES, Column("id", Integer, primary_key=True))


def make(url: str) -> tuple[Database, Jobs, FastAPI]:
    """Return the parts of the program, with one task `pay`."""
    db = Database(url)
    nodes = Nodes.of(db, beat=0.1, dead_after=0.6)
    jobs = Jobs(db, backoff="50ms")
    app = FastAPI(lifespan=db.lifespan)
    jobs.attach(app)
    db.add_own_tables(TABLES)

    async def note() -> None:
        async with db.transaction() as session:
            await session.execute(insert(RUNS).values(node=nodes.id))

    @jobs.task(name="pay")
    async def pay(hangs: bool, job: Job) -> None:
        await note()
        async with job.transaction() as session:
            await session.execute(insert(PAYMENTS).values())
        if hangs and "HANGS" in os.environ:
            await asyncio.Event().wait()

    @jobs.task(name="poison", retries=1)
    async def poison() -> None:
        await note()
        os._exit(1)

    return db, jobs, app


async def main(url: str) -> None:
    """Run jobs until the end."""
    _, jobs, app = make(url)
    async with app.router.lifespan_context(app), jobs.worker(app):
        sys.stdout.write("runs\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
