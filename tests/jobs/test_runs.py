"""What a job gets, and what becomes of it when it returns, fails, or takes too long."""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from functools import partial
from typing import Annotated, Any

import pytest
from sqlalchemy import update

from pronghorn import Depends, Request
from pronghorn.exceptions import SetupError
from pronghorn.jobs import Attempt, Job, current_job
from pronghorn.jobs.tables import JOBS
from tests.jobs import future
from tests.jobs.program import Program, has_none, note, wait_until

pytestmark = pytest.mark.anyio


async def test_a_job_gets_its_arguments_and_dependencies(program: Program) -> None:
    db, jobs, log = program.db, program.jobs, program.log

    async def opened() -> AsyncIterator[str]:
        log.append("open")
        yield "opened"
        log.append("close")

    @jobs.task
    async def work(
        number: int,
        session: db.Session,
        value: Annotated[str, Depends(opened)],
        job: Job,
        attempt: Attempt,
        text: str = "default",
    ) -> None:
        log.append((number, value, text, attempt, job.attempt == attempt))
        log.append(job.id)
        await note(session, "written")

    found = await program.run(work, 7)
    attempt = Attempt(number=1, is_last=False)
    assert log == ["open", (7, "opened", "default", attempt, True), found.id, "close"]
    assert (found.state, found.attempt, found.error, found.node) == ("done", 1, None, None)
    assert found.started_at is not None
    assert found.ended_at is not None
    assert found.created_at <= found.started_at <= found.ended_at
    assert await program.notes() == ["written"]


async def test_a_job_with_def_runs_in_a_thread(program: Program) -> None:
    log = program.log

    def opened() -> Iterator[str]:
        yield "opened"

    @program.jobs.task
    def work(number: int, *more: int, value=Depends(opened), job: Job, **rest: str) -> None:  # type: ignore[no-untyped-def]
        log.append((number, more, value, job.attempt.number, rest))
        log.append(threading.current_thread() is threading.main_thread())

    assert (await program.run(work, 1, 2, 3, other="x")).state == "done"
    assert log == [(1, (2, 3), "opened", 1, {"other": "x"}), False]


async def test_annotations_that_are_texts(sqlite_program: Program) -> None:
    sqlite_program.jobs.task(future.work)
    found = await sqlite_program.run(future.work, future.Order(id=3))
    assert found.state == "done", found.error
    assert list(future.LOG) == [(future.Order(id=3), "opened", 1)]


async def test_overrides_hold_in_jobs(sqlite_program: Program) -> None:
    def real() -> str:
        return "real"

    @sqlite_program.jobs.task
    async def work(value: Annotated[str, Depends(real)]) -> None:
        sqlite_program.log.append(value)

    sqlite_program.app.dependency_overrides[real] = lambda: "override"
    await sqlite_program.run(work)
    assert sqlite_program.log == ["override"]


async def test_values_of_the_application_are_shared(sqlite_program: Program) -> None:
    made = []

    def make() -> object:
        made.append(object())
        return made[-1]

    @sqlite_program.jobs.task
    async def work(value: Annotated[object, Depends(make, scope="app")]) -> None:
        sqlite_program.log.append(value)

    async with sqlite_program.working() as worker:
        await sqlite_program.jobs.enqueue(work)
        await sqlite_program.jobs.enqueue(work)
        await worker.drain()
    assert len(made) == 1
    assert sqlite_program.log == made * 2


async def test_a_dependency_may_ask_for_the_job(sqlite_program: Program) -> None:
    async def get_id(job: Annotated[Job, Depends(current_job)]) -> str:
        return job.id

    @sqlite_program.jobs.task
    async def work(found: Annotated[str, Depends(get_id)]) -> None:
        sqlite_program.log.append(found)

    found = await sqlite_program.run(work)
    assert sqlite_program.log == [found.id]
    with pytest.raises(SetupError, match="outside of a job"):
        current_job()


async def test_a_dependency_that_needs_a_request_is_found_at_startup(
    sqlite_program: Program,
) -> None:
    def needs(request: Request) -> str:
        return request.url.path

    @sqlite_program.jobs.task
    async def work(value: Annotated[str, Depends(needs)]) -> None: ...

    with pytest.raises(SetupError, match="There is no request here"):
        async with sqlite_program.working():
            pass


async def test_a_job_does_not_see_the_context_of_its_request(sqlite_program: Program) -> None:
    variable = ContextVar("variable", default="nothing")

    @sqlite_program.jobs.task
    async def work() -> None:
        sqlite_program.log.append(variable.get())

    async with sqlite_program.working() as worker:
        variable.set("request")
        await sqlite_program.jobs.enqueue(work)
        await worker.drain()
    assert sqlite_program.log == ["nothing"]


async def test_a_failure_is_tried_again_until_the_last_attempt(program: Program) -> None:
    @program.jobs.task(retries=2)
    async def work(attempt: Attempt) -> None:
        program.log.append(attempt)
        raise ValueError("broken pipe")

    found = await program.run(work)
    assert program.log == [Attempt(1, False), Attempt(2, False), Attempt(3, True)]
    assert (found.state, found.attempt, found.rescues) == ("dead", 3, 0)
    assert found.error is not None
    assert found.error.startswith("ValueError: broken pipe\n\nTraceback")
    assert "in work" in found.error


async def test_a_failure_that_passes_is_no_failure(sqlite_program: Program) -> None:
    @sqlite_program.jobs.task
    async def work(attempt: Attempt) -> None:
        if attempt.number == 1:
            raise ConnectionError

    found = await sqlite_program.run(work)
    assert (found.state, found.attempt) == ("done", 2)


async def test_a_failure_rolls_back_the_session_of_the_job(program: Program) -> None:
    db = program.db

    @program.jobs.task(retries=0)
    async def work(session: db.Session) -> None:
        await note(session, "lost")
        raise ValueError

    assert (await program.run(work)).state == "dead"
    assert await program.notes() == []


class OwnError(BaseException):
    """An error that `except Exception` does not catch, such as the one of a test library."""


class SilentError(Exception):
    """An error that cannot say what it is."""

    def __str__(self) -> str:
        raise ValueError("no text")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (asyncio.CancelledError(), "it was cancelled by itself"),
        (TimeoutError("of the program"), "TimeoutError: of the program"),
        (ValueError("two\n lines"), "ValueError: two lines"),
        (ValueError("\x00 \ud800"), "ValueError: "),
        (OwnError("no exception"), "OwnError: no exception"),
        (BaseExceptionGroup("two", [OwnError(), ValueError()]), "BaseExceptionGroup: two"),
        (GeneratorExit(), "GeneratorExit"),
        (SilentError(), "SilentError"),
    ],
)
async def test_whatever_a_job_raises_is_its_failure(
    sqlite_program: Program, error: BaseException, text: str
) -> None:
    @sqlite_program.jobs.task(retries=0)
    async def work() -> None:
        raise error

    @sqlite_program.jobs.task
    async def other() -> None: ...

    async with sqlite_program.working():
        bad = await sqlite_program.jobs.enqueue(work)
        good = await sqlite_program.jobs.enqueue(other)
        found = await sqlite_program.until(bad.id, "dead")
        await sqlite_program.until(good.id, "done")
    assert found.error is not None
    assert found.error.startswith(text)


async def test_an_error_that_no_database_can_store(program: Program) -> None:
    @program.jobs.task(retries=0)
    async def work() -> None:
        raise ValueError("zero \x00 and half a character \ud800")

    found = await program.run(work)
    assert found.state == "dead"
    assert found.error is not None
    assert found.error.startswith("ValueError: zero ")


async def test_an_attempt_has_a_timeout(sqlite_program: Program) -> None:
    @sqlite_program.jobs.task(timeout="50ms", retries=1)
    async def work(attempt: Attempt) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            sqlite_program.log.append(attempt.number)

    found = await sqlite_program.run(work)
    assert sqlite_program.log == [1, 2]
    assert found.state == "dead"
    assert found.error is not None
    assert found.error.startswith("it took longer than 0.05 s")


async def test_a_function_in_a_thread_has_a_timeout(sqlite_program: Program) -> None:
    release = threading.Event()

    @sqlite_program.jobs.task(timeout="50ms", retries=0)
    def work() -> None:
        release.wait(20)

    try:
        found = await sqlite_program.run(work)
    finally:
        release.set()
    assert found.state == "dead"
    assert found.error is not None
    assert found.error.startswith("it took longer than 0.05 s")


async def test_concurrency_is_a_limit_of_the_task(program: Program) -> None:
    most = {"limited": 0, "free": 0}
    running = {"limited": 0, "free": 0}

    async def count(name: str) -> None:
        running[name] += 1
        most[name] = max(most[name], running[name])
        await asyncio.sleep(0.05)
        running[name] -= 1

    @program.jobs.task(concurrency=2)
    async def limited() -> None:
        await count("limited")

    @program.jobs.task
    async def free() -> None:
        await count("free")

    async with program.started():
        for _ in range(5):
            await program.jobs.enqueue(limited)
            await program.jobs.enqueue(free)
        async with program.jobs.worker(program.app) as worker:
            await worker.drain()
    assert most["limited"] <= 2
    assert most["free"] >= 2
    assert await program.jobs.counts() == {"default": {"done": 10}}


async def test_a_job_that_blocks_the_loop_is_not_lost(sqlite_program: Program) -> None:
    @sqlite_program.jobs.task
    async def work() -> None:
        time.sleep(0.3)  # noqa: ASYNC251 - the mistake

    assert (await sqlite_program.run(work)).state == "done"


async def test_deep_recursion_is_a_failure(sqlite_program: Program) -> None:
    @sqlite_program.jobs.task(retries=0)
    async def work() -> None:
        def deeper(depth: int) -> int:
            return deeper(depth + 1)

        deeper(sys.getrecursionlimit())

    found = await sqlite_program.run(work)
    assert found.error is not None
    assert found.error.startswith("RecursionError")
    assert len(found.error) < 10_000


async def test_an_outcome_of_a_run_that_is_not_the_jobs_own_is_dropped(program: Program) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    @program.jobs.task
    async def work() -> Any:
        begun.set()
        await go_on.wait()

    async with program.working() as worker:
        job = await program.jobs.enqueue(work)
        await begun.wait()
        async with program.db.transaction() as session:
            taken = {"token": "of another worker"}
            await session.execute(update(JOBS).where(JOBS.c.id == job.id).values(taken))
        go_on.set()
        await wait_until(partial(has_none, worker))
        assert (await program.jobs.get(job.id)).state == "running"
