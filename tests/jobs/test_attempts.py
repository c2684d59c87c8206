"""The attempts of a job: when and where each ran, and how it ended."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from pronghorn.jobs import Attempt, UnknownJobError, history, in_, store
from pronghorn.jobs.rescue import Rescuer
from pronghorn.jobs.tables import JOBS, RUNS
from pronghorn.nodes import Nodes
from tests.jobs.program import Program

pytestmark = pytest.mark.anyio


async def endings(program: Program, id: str) -> list[tuple[int, str]]:
    """Return the number and the end of each attempt."""
    return [(one.number, one.outcome) for one in await program.jobs.attempts(id)]


async def test_each_attempt_is_kept(program: Program) -> None:
    @program.jobs.task(retries=2)
    async def work(attempt: Attempt) -> None:
        if not attempt.is_last:
            raise ConnectionError(f"failure {attempt.number}\nsecond line")

    found = await program.run(work)
    first, second, third = await program.jobs.attempts(found.id)
    assert [one.outcome for one in (first, second, third)] == ["failed", "failed", "done"]
    assert [one.number for one in (first, second, third)] == [1, 2, 3]
    assert first.error == "ConnectionError: failure 1 second line"
    assert (second.error, third.error) == ("ConnectionError: failure 2 second line", None)
    assert {one.node for one in (first, second, third)} == {Nodes.of(program.db).id}
    for one, after in ((first, second), (second, third)):
        assert one.ended_at is not None
        assert one.started_at <= one.ended_at <= after.started_at
    assert third.ended_at == found.ended_at
    assert (found.node, found.attempt) == (None, 3)


async def test_a_job_that_has_not_begun_has_none(program: Program) -> None:
    @program.jobs.task
    async def work() -> None: ...

    async with program.started():
        job = await program.jobs.enqueue(work, at=in_(hours=1))
        assert await endings(program, job.id) == []
        await program.jobs.cancel(job.id)
        assert await endings(program, job.id) == []
        with pytest.raises(UnknownJobError):
            await program.jobs.attempts("nothing")


async def test_the_attempts_before_a_new_beginning_stay(program: Program) -> None:
    @program.jobs.task(retries=1)
    async def work(attempt: Attempt) -> None:
        program.log.append(attempt.number)
        if len(program.log) < 3:
            raise ValueError("dead")

    async with program.working():
        job = await program.jobs.enqueue(work)
        dead = await program.until(job.id, "dead")
        assert await endings(program, job.id) == [(1, "failed"), (2, "dead")]
        await program.jobs.retry(job.id)
        await program.until(job.id, "done")
        rows = await program.jobs.attempts(job.id)
    assert [(one.number, one.outcome) for one in rows] == [(1, "failed"), (2, "dead"), (1, "done")]
    assert (rows[1].ended_at, rows[1].error) == (dead.ended_at, "ValueError: dead")


async def test_a_running_job_and_one_that_is_given_back(program: Program) -> None:
    begun = asyncio.Event()

    @program.jobs.task
    async def work() -> None:
        begun.set()
        if not program.log:
            await asyncio.Event().wait()

    async with program.started():
        async with program.jobs.worker(program.app, grace=0):
            job = await program.jobs.enqueue(work)
            await begun.wait()
            (running,) = await program.jobs.attempts(job.id)
            assert (running.outcome, running.ended_at) == ("running", None)
        assert await endings(program, job.id) == [(1, "stopped")]
        program.log.append("go on")
        async with program.jobs.worker(program.app):
            await program.until(job.id, "done")
        assert await endings(program, job.id) == [(1, "stopped"), (1, "done")]


async def test_a_running_job_that_is_cancelled(program: Program) -> None:
    begun = asyncio.Event()

    @program.jobs.task
    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with program.working():
        job = await program.jobs.enqueue(work)
        await begun.wait()
        await program.jobs.cancel(job.id)
        assert await endings(program, job.id) == [(1, "cancelled")]


async def test_an_attempt_whose_worker_has_died(program: Program) -> None:
    @program.jobs.task
    async def work() -> None: ...

    async with program.started():
        job = await program.jobs.enqueue(work)
        async with program.db.transaction() as session:
            delivery = await session.scalar(select(JOBS.c.delivery).where(JOBS.c.id == job.id))
            assert await store.begin_run(session, str(delivery), "a dead node")
        async with program.db.transaction() as session:
            await Rescuer(program.jobs.engine).take_over(session, "a dead node")
        (lost,) = await program.jobs.attempts(job.id)
        assert (lost.outcome, lost.node) == ("lost", "a dead node")
        assert lost.error == "Its worker has died."


async def test_they_are_few_and_go_with_the_job(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST", 2)

    @program.jobs.task(retries=5)
    async def work() -> None:
        raise ValueError("x" * 5000)

    found = await program.run(work)
    rows = await program.jobs.attempts(found.id)
    assert [(one.number, one.outcome) for one in rows] == [
        (4, "failed"),
        (5, "failed"),
        (6, "dead"),
    ]
    assert all(len(one.error or "") <= 1000 for one in rows[:2])
    async with program.db.transaction() as session:
        await store.forget_old(session, -1, -1)
        assert await session.scalar(select(func.count()).select_from(RUNS)) == 0


async def test_several_jobs_at_once(program: Program) -> None:
    @program.jobs.task
    async def work() -> None: ...

    async with program.working() as worker:
        jobs = [await program.jobs.enqueue(work) for _ in range(3)]
        await worker.drain()
        found = await program.jobs.attempts_of([job.id for job in jobs[:2]])
    assert {id: [one.outcome for one in rows] for id, rows in found.items()} == {
        job.id: ["done"] for job in jobs[:2]
    }
