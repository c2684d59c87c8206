"""A program with two databases, and two objects of `Jobs` on one: which one is used, or why not."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pronghorn import FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.jobs import Jobs
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.together.program import DONE, Placed, Program, pack, placed, send_receipt, write_story

CALLS: dict[str, Callable[[Program, Any], Any]] = {
    "jobs.enqueue()": lambda program, session: program.jobs.enqueue(pack, "a", session=session),
    "channels.publish()": lambda program, session: program.channels.publish(
        placed("main"), Placed(item="a"), session=session
    ),
    "streams.start()": lambda program, session: program.streams.start(
        write_story, 1, owner=None, session=session
    ),
    "cache.invalidate()": lambda program, session: program.cache.invalidate("a", session=session),
}


@pytest.mark.parametrize("call", list(CALLS))
def test_a_session_of_another_database_is_refused(url: str, tmp_path: Path, call: str) -> None:
    program, other = Program(url), Program(f"sqlite:///{tmp_path / 'other.db'}")

    async def use() -> None:
        async with program.db.lifespan(), other.db.lifespan():
            async with other.db.transaction() as session:
                with pytest.raises(SetupError) as caught:
                    await CALLS[call](program, session)
            assert str(caught.value).startswith(f"{call} was given a session of sqlite")
            assert "other.db" in str(caught.value)
            assert (await program.read())["packed"] == []

    asyncio.run(use())


@pytest.mark.parametrize("call", list(CALLS))
def test_another_object_for_the_same_database_is_not(sqlite_url: str, call: str) -> None:
    program, same = Program(sqlite_url), Database(sqlite_url)

    async def use() -> None:
        async with program.db.lifespan(), same.lifespan(), same.transaction() as session:
            await CALLS[call](program, session)

    asyncio.run(use())


def test_the_password_is_not_told(sqlite_url: str) -> None:
    program = Program(sqlite_url)
    other = Database("postgresql+asyncpg://ann:secret@127.0.0.1:1/shop")

    async def use() -> None:
        async with program.db.lifespan(), other.transaction() as session:
            with pytest.raises(SetupError, match=r"ann:\*\*\*@127") as caught:
                await program.jobs.enqueue(pack, "a", session=session)
        assert "secret" not in str(caught.value)

    asyncio.run(use())


def start(first: Program, second: Jobs) -> None:
    """Start two applications on one database, each with its own jobs."""
    with ExitStack() as stack:
        for jobs in (first.jobs, second):
            app = FastAPI(lifespan=first.db.lifespan, jobs=jobs, background_tasks="durable")
            stack.enter_context(TestClient(app))


def test_two_jobs_of_one_database_that_take_each_others_jobs(sqlite_url: str) -> None:
    first = Program(sqlite_url)
    second = Jobs(first.db)
    second.task(name="other receipt")(send_receipt)
    with pytest.raises(SetupError, match="Two objects of Jobs use the same database"):
        start(first, second)


def test_two_jobs_of_one_database_with_queues_of_their_own(sqlite_url: str) -> None:
    first = Program(sqlite_url)
    second = Jobs(first.db)
    second.task(queue="receipts", name="other receipt")(send_receipt)
    start(first, second)


def test_a_worker_in_a_test_that_rolls_back(url: str) -> None:
    program = Program(url)

    async def use() -> None:
        async with program.db.rollback_everything():
            with pytest.raises(SetupError, match="rollback_everything"):
                async with program.jobs.worker():
                    pass
        async with program.db.lifespan(), program.jobs.worker() as worker:
            await program.jobs.enqueue(pack, "a")
            await worker.drain()

    asyncio.run(use())
    assert DONE == ["packed a"]


def test_two_jobs_of_two_databases_with_one_address(sqlite_url: str) -> None:
    first = Program(sqlite_url)
    second = Jobs(Database(sqlite_url.replace("sqlite:", "sqlite+aiosqlite:")))
    second.task(name="other receipt")(send_receipt)
    with pytest.raises(SetupError, match="Two objects of Jobs use the same database"):
        start(first, second)


def test_a_worker_beside_an_application_with_other_jobs(url: str) -> None:
    program = Program(url)
    other = Jobs(Database(url))
    other.task(name="other receipt")(send_receipt)

    async def use() -> None:
        async with program.db.lifespan(), program.jobs.lifespan(), other.db.lifespan():
            with pytest.raises(SetupError, match="Two objects of Jobs use the same database"):
                async with other.worker():
                    pass
        async with other.db.lifespan(), other.worker() as worker:
            await worker.drain()

    asyncio.run(use())
