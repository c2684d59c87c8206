"""Jobs whose worker dies: another one runs them, unless they have killed too many."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from pronghorn.jobs.engine import Delivery
from pronghorn.jobs.rescue import Rescuer
from pronghorn.jobs.tables import JOBS
from pronghorn.nodes import Nodes
from pronghorn.sql import Database
from tests.contract.servers import PATIENCE
from tests.jobs.rescued import PAYMENTS, RUNS, make
from tests.nodes.stopped import stop

pytestmark = pytest.mark.anyio
PROJECT = Path(__file__).parents[2]


def start(url: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start a worker."""
    command = [sys.executable, "-m", "tests.jobs.rescued", url]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=PROJECT, env={**os.environ, **environment}
    )


@asynccontextmanager
async def worker(url: str, **environment: str) -> AsyncIterator[subprocess.Popen[str]]:
    """Run a worker in a process of its own."""
    with start(url, environment) as process:
        try:
            assert process.stdout
            # Not in this thread: the event loop may be in a transaction that locks the database.
            assert await asyncio.to_thread(process.stdout.readline) == "runs\n"
            yield process
        finally:
            process.kill()


async def until(condition: Callable[[], Awaitable[Any]]) -> None:
    """Wait for something that nobody announces."""
    for _ in range(round(PATIENCE / 0.02)):
        if await condition():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def count(db: Database, table: Any) -> int:
    async with db.transaction(read_only=True) as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def test_the_job_of_a_killed_worker_runs_on_another_one(database_url: str) -> None:
    db, jobs, app = make(database_url)
    async with app.router.lifespan_context(app):
        ref = await jobs.enqueue(jobs.tasks[0].function, True)
        async with worker(database_url, HANGS="1") as process:
            await until(lambda: count(db, PAYMENTS))
            assert (await jobs.get(ref.id)).state == "running"
            process.kill()
        async with jobs.worker(app):

            async def is_done() -> bool:
                return (await jobs.get(ref.id)).state == "done"

            await until(is_done)
            found = await jobs.get(ref.id)
            assert (found.attempt, found.rescues) == (1, 1)
        assert (await count(db, RUNS), await count(db, PAYMENTS)) == (2, 1)
        assert await Nodes.of(db).list() == []


async def test_a_job_that_kills_its_workers_is_dead_in_the_end(database_url: str) -> None:
    db, jobs, app = make(database_url)
    async with app.router.lifespan_context(app), Nodes.of(db).run("web"):
        poison = await jobs.enqueue(jobs.tasks[1].function)
        for number in (1, 2):
            async with worker(database_url) as process:
                await asyncio.to_thread(process.wait, PATIENCE)
            assert await count(db, RUNS) == number

            async def is_taken_over() -> bool:
                return (await jobs.get(poison.id)).state != "running"

            await until(is_taken_over)
        found = await jobs.get(poison.id)
        assert (found.state, found.rescues, found.node) == ("dead", 2, None)
        assert "Its worker has died 2 times while it ran" in str(found.error)
        other = await jobs.enqueue(jobs.tasks[0].function, False)
        async with jobs.worker(app):

            async def is_done() -> bool:
                return (await jobs.get(other.id)).state == "done"

            await until(is_done)
        assert await count(db, RUNS) == 3


async def test_a_worker_that_was_stopped_drops_what_others_have(database_url: str) -> None:
    db, jobs, app = make(database_url)
    async with app.router.lifespan_context(app):
        ref = await jobs.enqueue(jobs.tasks[0].function, True)
        async with worker(database_url, HANGS="1") as process:
            await until(lambda: count(db, PAYMENTS))
            await stop(process, database_url)
            async with jobs.worker(app):

                async def is_done() -> bool:
                    return (await jobs.get(ref.id)).state == "done"

                await until(is_done)
                ended = (await jobs.get(ref.id)).ended_at
                process.send_signal(signal.SIGCONT)
                # It is a node again, and has nothing to do but the next job.
                nodes = Nodes.of(db)
                await until(lambda: _has(nodes, process.pid))
                found = await jobs.get(ref.id)
                assert (found.ended_at, found.rescues) == (ended, 1)
        assert await count(db, PAYMENTS) == 1


async def _has(nodes: Nodes, process: int) -> bool:
    return process in {node.process for node in await nodes.list() if node.is_alive}


class KnowsNothing:
    """An engine that has lost what it knew of a node."""

    def __init__(self) -> None:
        self.put_again: list[Delivery] = []

    async def lost(self, session: Any, node: str) -> list[str]:
        return []

    async def kill(self, session: Any, deliveries: list[str]) -> None: ...

    async def put(self, session: Any, delivery: Delivery) -> None:
        self.put_again.append(delivery)


async def test_a_job_that_the_engine_has_lost_is_put_again(database_url: str) -> None:
    db, jobs, app = make(database_url)
    engine: Any = KnowsNothing()
    async with app.router.lifespan_context(app):
        ref = await jobs.enqueue(jobs.tasks[0].function, False)
        async with db.transaction() as session:
            await session.execute(update(JOBS).values(state="running", node="dead", token="t"))
        for _ in range(2):
            async with db.transaction() as session:
                assert await Rescuer(engine).take_over(session, "dead")
        async with db.transaction() as session:
            row = (await session.execute(select(JOBS))).one()
    assert [delivery.id for delivery in engine.put_again] == [row.delivery]
    assert (row.id, row.state, row.rescues, row.token) == (ref.id, "waiting", 1, None)
