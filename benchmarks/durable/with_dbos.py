"""A workflow of DBOS in one of its queues, without anything of pronghorn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from dbos import DBOS, DBOSClient

from benchmarks.durable.notes import note

APP, QUEUE, NAME = "bench", "bench", "record"


async def record(sent: int) -> None:
    """Do nothing but note that it was called."""
    note(sent)


def launch(url: str) -> None:
    """Start DBOS, which creates its tables."""
    config: Any = {
        "name": APP,
        "application_version": "1",
        "system_database_url": url,
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.workflow(name=NAME)(record)
    DBOS.launch()


async def prepare(url: str) -> None:
    """Create the tables."""
    launch(url)
    await asyncio.to_thread(DBOS.destroy, destroy_registry=True)


@asynccontextmanager
async def open_sender(url: str) -> AsyncIterator[Callable[[int], Awaitable[Any]]]:
    """Yield a function that enqueues a workflow."""
    client = await asyncio.to_thread(
        lambda: DBOSClient(system_database_url=url, application_name=APP)
    )

    async def send(sent: int) -> None:
        await client.enqueue_async({"workflow_name": NAME, "queue_name": QUEUE}, sent)

    yield send
    await asyncio.to_thread(client.destroy)


@asynccontextmanager
async def run_worker(
    url: str, at_once: int | None = None, polling: float | None = None
) -> AsyncIterator[None]:
    """Run workflows inside of the block.

    Args:
        url: The database.
        at_once: How many run at the same time; None for the default, which is no limit.
        polling: The seconds between two looks into the queue; None for the default.
    """
    options: Any = {} if polling is None else {"polling_interval_sec": polling}
    launch(url)  # In the thread of the event loop, which then runs the workflows.
    await DBOS.register_queue_async(QUEUE, worker_concurrency=at_once, **options)
    yield
    await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
