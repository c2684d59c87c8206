"""A job of `pronghorn.jobs`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from benchmarks.durable.notes import note
from pronghorn.jobs import Jobs
from pronghorn.sql import Database


async def record(sent: int) -> None:
    """Do nothing but note that it was called."""
    note(sent)


@asynccontextmanager
async def open_jobs(url: str) -> AsyncIterator[Jobs]:
    """Open the database, and create what is missing in it."""
    db = Database(url)
    jobs = Jobs(db)
    jobs.task(record)
    async with db.lifespan(), jobs.lifespan():
        yield jobs


async def prepare(url: str) -> None:
    """Create the tables."""
    async with open_jobs(url):
        pass


@asynccontextmanager
async def open_sender(url: str) -> AsyncIterator[Callable[[int], Awaitable[Any]]]:
    """Yield a function that enqueues a job, each in a transaction of its own."""
    async with open_jobs(url) as jobs:
        yield partial(jobs.enqueue, record)


@asynccontextmanager
async def run_worker(url: str) -> AsyncIterator[None]:
    """Run jobs inside of the block, with the options that a program does not set."""
    async with open_jobs(url) as jobs, jobs.worker():
        yield
