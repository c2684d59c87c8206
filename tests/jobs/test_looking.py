"""Jobs are listed, counted, retried, cancelled, and forgotten."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import text, update

from pronghorn.exceptions import SetupError
from pronghorn.jobs import Job, Jobs, UnknownJobError, in_
from pronghorn.jobs.tables import JOBS, STEPS
from pronghorn.sql import Database
from tests.jobs.program import Program, has_none, wait_until

pytestmark = pytest.mark.anyio


async def work(number: int = 0) -> None: ...


async def test_list_get_and_counts(program: Program) -> None:
    jobs = program.jobs

    @jobs.task(queue="mail", name="post")
    async def mail() -> None: ...

    async with program.started():
        first = await jobs.enqueue(work, 1)
        second = await jobs.enqueue(mail, at=in_(hours=1))
        assert [job.id for job in await jobs.list()] in (
            [second.id, first.id],
            [first.id, second.id],  # In the same millisecond.
        )
        assert [job.id for job in await jobs.list(state="scheduled")] == [second.id]
        assert [job.id for job in await jobs.list(queue="default")] == [first.id]
        assert [job.id for job in await jobs.list(task="post")] == [second.id]
        assert [job.id for job in await jobs.list(task="work")] == [first.id]
        assert [job.id for job in await jobs.list(task="tests.jobs.test_looking:work")] == [
            first.id
        ]
        assert await jobs.list(task="ork") == []
        assert await jobs.list(task="%") == []
        assert len(await jobs.list(limit=1)) == 1
        assert await jobs.counts() == {"default": {"waiting": 1}, "mail": {"scheduled": 1}}
        found = await jobs.get(first.id)
        assert (found.task, found.arguments) == ("tests.jobs.test_looking:work", {"number": 1})
        for call in (jobs.get, jobs.retry, jobs.cancel):
            for name in ("nothing", "", "no\x00thing", "\ud800", "x" * 10_000):
                with pytest.raises(UnknownJobError, match="There is no job '"):
                    await call(name)


async def test_a_job_that_waits_is_cancelled(program: Program) -> None:
    jobs = program.jobs

    @jobs.task
    async def say(number: int) -> None:
        program.log.append(number)

    async with program.started():
        waiting = await jobs.enqueue(say, 1, unique="key")
        later = await jobs.enqueue(say, 2, at=in_(hours=1))
        assert await jobs.cancel(waiting.id)
        assert await jobs.cancel(later.id)
        assert not await jobs.cancel(later.id)
        again = await jobs.enqueue(say, 3, unique="key")
        assert again != waiting
        async with jobs.worker(program.app) as worker:
            await worker.drain()
            assert not await jobs.cancel(again.id)
        assert await jobs.counts() == {"default": {"cancelled": 2, "done": 1}}
    assert program.log == [3]


async def test_a_job_that_runs_is_cancelled(program: Program) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    @program.jobs.task
    async def long() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with program.working() as worker:
        job = await program.jobs.enqueue(long)
        await begun.wait()
        assert await program.jobs.cancel(job.id)
        await ended.wait()
        await wait_until(partial(has_none, worker))
        found = await program.jobs.get(job.id)
    assert (found.state, found.attempt, found.error) == ("cancelled", 1, None)


async def test_a_dead_or_cancelled_job_begins_anew(program: Program) -> None:
    jobs = program.jobs

    @jobs.task(retries=1)
    async def say() -> None:
        program.log.append("run")
        if len(program.log) <= 2:
            raise ConnectionError

    async with program.working():
        job = await jobs.enqueue(say)
        assert (await program.until(job.id, "dead")).attempt == 2
        assert await jobs.retry(job.id)
        found = await program.until(job.id, "done")
        assert (found.attempt, len(program.log)) == (1, 3)
        assert not await jobs.retry(job.id)
        later = await jobs.enqueue(say, at=in_(hours=1))
        await jobs.cancel(later.id)
        assert await jobs.retry(later.id)
        await program.until(later.id, "done")


async def test_old_jobs_are_forgotten(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pronghorn.jobs.worker._FORGET", 0.05)
    jobs = program.jobs
    assert jobs.keep == 7 * 86400
    assert jobs.keep_dead == 90 * 86400

    @jobs.task(retries=0)
    async def say(fails: bool, job: Job) -> None:
        await job.step(str)
        if fails:
            raise ConnectionError

    async with program.working() as worker:
        done, new = await jobs.enqueue(say, False), await jobs.enqueue(say, False)
        dead, old = await jobs.enqueue(say, True), await jobs.enqueue(say, True)
        await worker.drain()
        async with program.db.transaction() as session:
            for job, days in [(done, 8), (dead, 89), (old, 91)]:
                ago = {"ended_at": JOBS.c.ended_at - days * 86_400_000}
                await session.execute(update(JOBS).where(JOBS.c.id == job.id).values(ago))

        async def are_two() -> bool:
            return len(await jobs.list()) == 2

        await wait_until(are_two)
        assert {job.id for job in await jobs.list()} == {new.id, dead.id}
        assert await program.count(STEPS) == 2
        schema = "" if program.url.startswith("sqlite") else "dbos."
        async with program.db.transaction(read_only=True) as session:
            for table in ("workflow_status", "workflow_input", "workflow_output"):
                found = await session.scalar(text(f"SELECT count(*) FROM {schema}{table}"))
                assert found == 2


async def test_names_of_the_engine_that_are_taken_are_found_at_startup(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    async with db.transaction() as session:
        await session.execute(text("CREATE TABLE notifications (id INTEGER PRIMARY KEY)"))
    with pytest.raises(SetupError) as caught:
        await Jobs(db).prepare()
    assert caught.value.got == (
        "The program has a table notifications, and the engine of jobs needs the name for itself"
    )
    await db.dispose()


async def test_names_of_models_that_are_taken_are_found_at_startup(sqlite_url: str) -> None:
    from sqlalchemy import Column, Integer, MetaData, Table

    models = MetaData()
    for name in ("streams", "queues", "orders"):
        Table(name, models, Column("id", Integer, primary_key=True))
    db = Database(sqlite_url, metadata=models)
    with pytest.raises(SetupError) as caught:
        await Jobs(db).prepare()
    assert caught.value.got == (
        "The program has tables queues, streams, and the engine of jobs needs the name for itself"
    )
    await db.dispose()


async def test_an_open_transaction_keeps_the_tables_from_being_made(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    jobs = Jobs(db)

    async def enqueue() -> None:
        async with db.transaction() as session:
            await session.execute(text("CREATE TABLE notes (id INTEGER PRIMARY KEY)"))
            await jobs.enqueue(work, session=session)

    with pytest.raises(SetupError, match="The tables of jobs are not there yet"):
        await enqueue()
    await jobs.prepare()
    await enqueue()
    assert len(await jobs.list()) == 1
    await db.dispose()


async def test_jobs_in_a_test_that_is_rolled_back(program: Program) -> None:
    async with program.db.rollback_everything(), program.started():
        await program.jobs.enqueue(work)
        assert len(await program.jobs.list()) == 1
    fresh = Jobs(program.db)
    assert await fresh.list() == []
    await program.db.dispose()
