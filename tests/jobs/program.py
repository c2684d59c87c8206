"""A program with jobs, for tests: its database, its application, and a worker if asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import FastAPI
from pronghorn.jobs import JobInfo, Jobs
from pronghorn.jobs.worker import Worker
from pronghorn.sql import Database
from tests.contract.servers import PATIENCE

TABLES = MetaData()
#: What jobs of tests write.
NOTES = Table(
    "pronghorn_test_notes",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("text", String(50), nullable=False),
)


async def wait_until(condition: Callable[[], Awaitable[object]]) -> None:
    """Wait for something that nobody announces; fail if it does not happen."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)


class Program:
    """A program that has no jobs yet.

    Args:
        url: The address of its database.

    Attributes:
        db: The database, with the table `NOTES`.
        jobs: Retries twice, at once.
        app: The application.
        log: What jobs say.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self.db = Database(url)
        self.db.add_own_tables(TABLES)
        self.jobs = Jobs(self.db, **{"retries": 2, "backoff": "0s", **options})
        self.app = FastAPI(lifespan=self.db.lifespan, jobs=self.jobs)
        self.log: list[Any] = []

    @asynccontextmanager
    async def started(self) -> AsyncIterator[None]:
        """Start the application, without a worker."""
        said: asyncio.Queue[str] = asyncio.Queue()
        heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        async def receive() -> Any:
            return {"type": f"lifespan.{await said.get()}"}

        life = asyncio.create_task(self.app({"type": "lifespan"}, receive, heard.put))
        for stage in ("startup", "shutdown"):
            said.put_nowait(stage)
            answer = asyncio.create_task(heard.get())
            await asyncio.wait({life, answer}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                answer.cancel()
                life.result()
            if stage == "startup":
                if answer.result()["type"] != "lifespan.startup.complete":
                    await life
                try:
                    yield
                except BaseException:
                    said.put_nowait("shutdown")
                    await life
                    raise
        await life

    @asynccontextmanager
    async def working(self, **options: Any) -> AsyncIterator[Worker]:
        """Start the application and a worker."""
        async with self.started(), self.jobs.worker(self.app, **options) as worker:
            yield worker

    async def until(self, id: str, *states: str) -> JobInfo:
        """Return a job once it is in one of these states."""

        async def is_there() -> bool:
            return (await self.jobs.get(id)).state in states

        await wait_until(is_there)
        return await self.jobs.get(id)

    async def run(self, function: Callable[..., Any], *args: Any, **keywords: Any) -> JobInfo:
        """Run one job of a function to its end, with a worker; return what became of it."""
        async with self.working():
            job = await self.jobs.enqueue(function, *args, **keywords)
            return await self.until(job.id, "done", "dead", "cancelled")

    async def notes(self) -> list[str]:
        """Return what jobs have written."""
        async with self.db.transaction(read_only=True) as session:
            return list(await session.scalars(select(NOTES.c.text).order_by(NOTES.c.id)))

    async def count(self, table: Table) -> int:
        """Return the number of rows of a table."""
        async with self.db.transaction(read_only=True) as session:
            return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def note(session: AsyncSession, text: str) -> None:
    """Write a row."""
    await session.execute(insert(NOTES).values(text=text))


async def has_none(worker: Worker) -> bool:
    """Return whether a worker has no job in hand."""
    return worker.running == 0
