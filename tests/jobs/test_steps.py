"""Steps of jobs: results that are stored, and transactions whose rows are written once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from pronghorn.jobs import Attempt, Job
from pronghorn.jobs.tables import JOBS, STEPS
from pronghorn.sql import after_commit
from tests.jobs.program import Program, note

pytestmark = pytest.mark.anyio


class Charge(BaseModel):
    id: str
    day: date


async def test_a_step_is_not_repeated_in_another_attempt(program: Program) -> None:
    calls: list[str] = []

    async def charge(key: str) -> Charge:
        calls.append(key)
        return Charge(id=f"charge-{len(calls)}", day=date(2027, 1, 2))

    def plain(number: int) -> tuple[int, int]:
        calls.append("plain")
        return number, len(calls)

    @program.jobs.task
    async def work(job: Job, attempt: Attempt) -> None:
        found = [await job.step(charge, key=job.id), await job.step(charge, job.id)]
        program.log.append((found, await job.step(plain, 5)))
        if not attempt.is_last:
            raise ConnectionError

    done = await program.run(work)
    assert done.state == "done"
    assert calls == [done.id, done.id, "plain"]
    charges = [Charge(id=f"charge-{number}", day=date(2027, 1, 2)) for number in (1, 2)]
    assert program.log == [(charges, (5, 3))] * 3


async def test_a_step_that_fails_is_repeated(sqlite_program: Program) -> None:
    calls = []

    async def charge() -> int:
        calls.append(1)
        if len(calls) < 3:
            raise ConnectionError
        return 7

    @sqlite_program.jobs.task
    async def work(job: Job) -> None:
        sqlite_program.log.append(await job.step(charge))

    assert (await sqlite_program.run(work)).state == "done"
    assert sqlite_program.log == [7]


async def test_a_result_that_cannot_be_stored_names_the_step(sqlite_program: Program) -> None:
    async def charge() -> Any:
        return lambda: None

    @sqlite_program.jobs.task(retries=0)
    async def work(job: Job) -> None:
        await job.step(charge)

    found = await sqlite_program.run(work)
    assert found.error is not None
    assert "The result of the step" in found.error
    assert "charge cannot be stored" in found.error


async def test_a_transaction_is_committed_once(program: Program) -> None:
    committed = []

    async def commit() -> None:
        committed.append(1)

    @program.jobs.task
    async def work(job: Job, attempt: Attempt) -> None:
        async with job.transaction() as session:
            await note(session, f"attempt {attempt.number}")
            after_commit(session, commit)
        async with job.transaction("named") as session:
            await note(session, "named")
        if not attempt.is_last:
            raise ConnectionError

    assert (await program.run(work)).state == "done"
    assert await program.notes() == ["attempt 1", "named"]
    assert committed == [1]


async def test_a_transaction_that_fails_is_repeated(program: Program) -> None:
    @program.jobs.task
    async def work(job: Job, attempt: Attempt) -> None:
        async with job.transaction() as session:
            await note(session, f"attempt {attempt.number}")
            if attempt.number == 1:
                raise ConnectionError

    assert (await program.run(work)).state == "done"
    assert await program.notes() == ["attempt 2"]


async def test_a_block_that_meets_its_own_rows_goes_on(program: Program) -> None:
    @program.jobs.task
    async def work(job: Job, attempt: Attempt) -> None:
        async with job.transaction() as session:
            if attempt.number == 2:
                raise IntegrityError("the row is there", None, Exception())
            await note(session, "row")
        program.log.append(attempt.number)
        if attempt.number == 1:
            raise ConnectionError

    assert (await program.run(work)).state == "done"
    assert (program.log, await program.notes()) == ([1, 2], ["row"])


async def test_two_runs_at_the_same_time_write_once(program: Program) -> None:
    """A worker that everybody took for dead comes back, while another one runs its job."""
    jobs, db = program.jobs, program.db

    async def run(text: str, meet: Callable[[], Awaitable[object]]) -> None:
        job = Job(db, "one", Attempt(1, False), has_steps=False)
        await meet()
        async with job.transaction() as session:
            await note(session, text)
            await asyncio.sleep(0.02)

    async with program.started():
        barrier = asyncio.Barrier(4)
        await asyncio.gather(*(run(f"run {number}", barrier.wait) for number in range(4)))
        assert len(await program.notes()) == 1
        assert await program.count(STEPS) == 1
    assert await jobs.list() == []
    await db.dispose()


async def test_two_runs_at_the_same_time_have_one_result(program: Program) -> None:
    results = iter(range(4))

    async def charge(meet: Callable[[], Awaitable[object]]) -> int:
        await meet()
        return next(results)

    async with program.started():
        barrier = asyncio.Barrier(4)
        runs = [Job(program.db, "one", Attempt(1, False), has_steps=False) for _ in range(4)]
        found = await asyncio.gather(*(run.step(charge, barrier.wait) for run in runs))
    assert len(set(found)) == 1


async def test_a_job_that_was_dead_goes_on_after_its_steps(program: Program) -> None:
    @program.jobs.task(retries=0)
    async def work(job: Job) -> None:
        async with job.transaction() as session:
            await note(session, "once")
        program.log.append("run")
        if len(program.log) == 1:
            raise ConnectionError

    async with program.working():
        job = await program.jobs.enqueue(work)
        await program.until(job.id, "dead")
        assert await program.jobs.retry(job.id)
        await program.until(job.id, "done")
    assert (program.log, await program.notes()) == (["run", "run"], ["once"])
    assert await program.count(JOBS) == 1


async def test_a_result_has_the_same_type_in_each_run(sqlite_program: Program) -> None:
    """Also without an annotation: what is a text after a crash is one before."""

    async def look() -> Any:
        return {"day": date(2027, 1, 2), "pair": (1, 2)}

    @sqlite_program.jobs.task(retries=1)
    async def work(job: Job, attempt: Attempt) -> None:
        sqlite_program.log.append(await job.step(look))
        if not attempt.is_last:
            raise ConnectionError

    assert (await sqlite_program.run(work)).state == "done"
    assert sqlite_program.log == [{"day": "2027-01-02", "pair": [1, 2]}] * 2


async def test_a_result_that_could_not_be_read_is_not_stored(sqlite_program: Program) -> None:
    async def measure() -> float:
        return float("nan")  # JSON has no such number.

    @sqlite_program.jobs.task(retries=0)
    async def work(job: Job) -> None:
        await job.step(measure)

    found = await sqlite_program.run(work)
    assert found.error is not None
    assert "measure cannot be stored" in found.error
    assert await sqlite_program.count(STEPS) == 0
