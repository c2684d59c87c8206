"""A task of Procrastinate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from procrastinate import App, PsycopgConnector

from benchmarks.durable.contestants import AT_ONCE
from benchmarks.durable.notes import note


async def record(sent: int) -> None:
    """Do nothing but note that it was called."""
    note(sent)


@asynccontextmanager
async def open_app(url: str) -> AsyncIterator[tuple[App, Any]]:
    """Open the connections. Yields the application and its task."""
    app = App(connector=PsycopgConnector(conninfo=url))
    task = app.task(name="record")(record)
    async with app.open_async():
        yield app, task


async def prepare(url: str) -> None:
    """Create the tables and functions."""
    async with open_app(url) as (app, _):
        await app.schema_manager.apply_schema_async()


@asynccontextmanager
async def open_sender(url: str) -> AsyncIterator[Callable[[int], Awaitable[Any]]]:
    """Yield a function that defers a job."""
    async with open_app(url) as (_, task):

        async def send(sent: int) -> None:
            await task.defer_async(sent=sent)

        yield send


@asynccontextmanager
async def run_worker(url: str) -> AsyncIterator[None]:
    """Run jobs inside of the block; NOTIFY wakes the worker, as it does by default."""
    async with open_app(url) as (app, _):
        options: Any = {"concurrency": AT_ONCE, "install_signal_handlers": False}
        worker = asyncio.create_task(app.run_worker_async(**options))
        yield
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker
