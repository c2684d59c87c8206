"""A task of Taskiq, whose broker is a stream of Redis with acknowledgements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from taskiq.api import run_receiver_task
from taskiq_redis import RedisStreamBroker

from benchmarks.durable.contestants import AT_ONCE
from benchmarks.durable.notes import note


async def record(sent: int) -> None:
    """Do nothing but note that it was called."""
    note(sent)


@asynccontextmanager
async def open_broker(url: str) -> AsyncIterator[tuple[RedisStreamBroker, Any]]:
    """Connect, and make the stream. Yields the broker and its task."""
    broker = RedisStreamBroker(url)
    task = broker.register_task(record, task_name="record")
    await broker.startup()
    yield broker, task
    await broker.shutdown()


async def prepare(url: str) -> None:
    """Make the stream."""
    async with open_broker(url):
        pass


@asynccontextmanager
async def open_sender(url: str) -> AsyncIterator[Callable[[int], Awaitable[Any]]]:
    """Yield a function that sends a task."""
    async with open_broker(url) as (_, task):
        yield task.kiq


@asynccontextmanager
async def run_worker(url: str) -> AsyncIterator[None]:
    """Run tasks inside of the block, in which the process ends."""
    async with open_broker(url) as (broker, _):
        worker = asyncio.create_task(run_receiver_task(broker, max_async_tasks=AT_ONCE))
        yield
        worker.cancel()
