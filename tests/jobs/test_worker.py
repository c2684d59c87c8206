"""A worker begins and ends cleanly, any number of times in one process."""

import asyncio
import gc
import os
import threading
import warnings
from functools import partial
from typing import Any

import pytest

from pronghorn import FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.jobs import Jobs
from pronghorn.nodes import Nodes
from pronghorn.sql import Database
from tests.jobs.program import Program, has_none, wait_until

pytestmark = pytest.mark.anyio


def open_sockets() -> set[str]:
    """Return the sockets of this process."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


def threads_of_engine() -> list[threading.Thread]:
    """Return the threads that are neither ours nor those of libraries that keep a pool."""
    kept = ("MainThread", "asyncio_", "AnyIO worker", "pytest_timeout")
    return [each for each in threading.enumerate() if not each.name.startswith(kept)]


async def test_nothing_is_left_of_a_worker(program: Program) -> None:
    @program.jobs.task
    async def work() -> None: ...

    before, sockets = set(threads_of_engine()), open_sockets()
    for _ in range(3):
        async with program.working() as worker:
            await program.jobs.enqueue(work)
            await worker.drain()
            assert len(await Nodes.of(program.db).list()) == 1

        async def are_gone() -> bool:
            return set(threads_of_engine()) <= before

        await wait_until(are_gone)
        gc.collect()
        assert open_sockets() <= sockets
    async with program.started():
        assert await Nodes.of(program.db).list() == []
        assert await program.jobs.counts() == {"default": {"done": 3}}


async def test_a_process_that_only_enqueues_has_no_thread_of_the_engine(program: Program) -> None:
    async with program.started():
        before = set(threads_of_engine())
        await program.jobs.enqueue(threads_of_engine)
        assert set(threads_of_engine()) <= before


async def test_a_second_worker_is_refused(sqlite_program: Program, tmp_path: Any) -> None:
    other = Jobs(Database(f"sqlite:///{tmp_path}/other.db"))
    async with sqlite_program.working():
        with pytest.raises(SetupError, match="A worker of jobs runs in this process already"):
            async with other.worker():
                pass
        await other.db.dispose()
    async with sqlite_program.working():
        pass


async def test_a_worker_that_cannot_begin_leaves_nothing(tmp_path: Any) -> None:
    before = set(threads_of_engine())
    jobs = Jobs(Database(f"sqlite:///{tmp_path}/missing/jobs.db"))
    with pytest.raises(Exception, match="unable to open database file"):
        async with jobs.worker():
            pass
    assert set(threads_of_engine()) <= before
    fine = Jobs(Database(f"sqlite:///{tmp_path}/jobs.db"))
    async with fine.worker():
        pass
    await fine.db.dispose()


async def test_running_jobs_end_before_the_worker_does(program: Program) -> None:
    begun = asyncio.Event()

    @program.jobs.task
    async def work() -> None:
        begun.set()
        await asyncio.sleep(0.2)
        program.log.append("end")

    async with program.started():
        async with program.jobs.worker(program.app):
            job = await program.jobs.enqueue(work)
            await begun.wait()
        assert program.log == ["end"]
        assert (await program.jobs.get(job.id)).state == "done"


async def test_a_job_that_takes_longer_than_the_grace_goes_back(program: Program) -> None:
    begun = asyncio.Event()

    @program.jobs.task
    async def work() -> None:
        program.log.append("run")
        begun.set()
        if len(program.log) == 1:
            await asyncio.Event().wait()

    async with program.started():
        async with program.jobs.worker(program.app, grace=0.1):
            job = await program.jobs.enqueue(work)
            await begun.wait()
        found = await program.jobs.get(job.id)
        assert (found.state, found.attempt, found.rescues, found.node) == ("waiting", 1, 0, None)
        async with program.jobs.worker(program.app):
            assert (await program.until(job.id, "done")).attempt == 1


async def test_a_job_that_will_not_end_does_not_hold_the_worker(
    sqlite_program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronghorn.jobs.worker._END", 0.1)
    begun, release = asyncio.Event(), asyncio.Event()

    @sqlite_program.jobs.task
    async def stubborn() -> None:
        begun.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                sqlite_program.log.append("refuses")

    async with sqlite_program.started():
        async with sqlite_program.jobs.worker(sqlite_program.app, grace=0.1) as worker:
            job = await sqlite_program.jobs.enqueue(stubborn)
            await begun.wait()
        assert sqlite_program.log == ["refuses"]
        assert (await sqlite_program.jobs.get(job.id)).state == "waiting"
        release.set()
        await wait_until(partial(has_none, worker))
        # Its run is not the job's any more.
        assert (await sqlite_program.jobs.get(job.id)).state == "waiting"


async def test_queues_and_their_limits(program: Program) -> None:
    running, most = 0, 0

    @program.jobs.task(queue="mail")
    async def mail() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1

    @program.jobs.task
    async def other() -> None: ...

    async with program.started():
        for _ in range(6):
            await program.jobs.enqueue(mail)
        left = await program.jobs.enqueue(other)
        async with program.jobs.worker(program.app, {"mail": 2}) as worker:
            assert worker.queues == {"mail": 2}

            async def are_done() -> bool:
                return (await program.jobs.counts())["mail"] == {"done": 6}

            await wait_until(are_done)
        assert most <= 2
        assert (await program.jobs.get(left.id)).state == "waiting"


@pytest.mark.parametrize("queues", [None, ["default", "mail"], "default", {"default": None}])
async def test_forms_of_queues(sqlite_program: Program, queues: Any) -> None:
    sqlite_program.jobs.task(queue="mail")(threads_of_engine)
    async with sqlite_program.working(queues=queues) as worker:
        assert worker.queues["default"] == 10
        assert ("mail" in worker.queues) == (queues in (None, ["default", "mail"]))


@pytest.mark.parametrize("limit", [0, -1, "2", 1.5])
async def test_a_limit_that_is_none_is_an_error(sqlite_program: Program, limit: Any) -> None:
    with pytest.raises(SetupError, match="The queue 'mail' has the limit"):
        sqlite_program.jobs.worker(sqlite_program.app, {"mail": limit})


async def test_a_task_with_dependencies_needs_an_application(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    jobs = Jobs(db)

    @jobs.task
    async def work(session: db.Session) -> None: ...

    with pytest.raises(SetupError, match="the worker has no application"):
        async with jobs.worker():
            pass
    async with db.lifespan(), jobs.worker(FastAPI()):
        pass


async def test_jobs_attached_to_an_application(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    jobs, app = Jobs(db), FastAPI(lifespan=db.lifespan)
    jobs.attach(app)

    @jobs.task
    async def work(session: db.Session) -> None: ...

    async with app.router.lifespan_context(app), jobs.worker() as worker:
        job = await jobs.enqueue(work)
        await worker.drain()
        assert (await jobs.get(job.id)).state == "done"


async def test_a_limited_task_that_is_gone_keeps_no_job(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release renames a task, and moves another one to another queue."""
    monkeypatch.setattr("pronghorn.jobs.adopt._QUIET", 200)
    monkeypatch.setattr("pronghorn.jobs.worker._SWEEP", 0.2)
    monkeypatch.setattr("pronghorn.jobs.outcomes.PATIENCE", 0.3)
    monkeypatch.setattr("pronghorn.jobs.outcomes._PAUSE", 0.1)

    async def work() -> None:
        program.log.append("run")

    old = Jobs(program.db)
    old.task(name="renamed", queue="old", concurrency=1)(work)
    old.task(name="moved", queue="old", concurrency=2)(threads_of_engine)
    program.jobs.task(name="moved")(work)
    async with program.started():
        renamed = await old.enqueue(work)
        moved = await old.enqueue(threads_of_engine)
        async with program.jobs.worker(program.app):
            await program.until(moved.id, "done")
            found = await program.until(renamed.id, "dead")
    assert found.error == "there is no task 'renamed'"
    assert program.log == ["run"]


async def test_a_delivery_without_a_run_is_handed_out_again(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronghorn.jobs.worker._SWEEP", 0.1)
    first = True

    @program.jobs.task
    async def work() -> None:
        program.log.append("run")

    async with program.working() as worker:
        receive = worker._runner.receive

        async def fail_once(delivery: str, fault: str | None) -> bool:
            nonlocal first
            if first:
                first = False
                return False
            return await receive(delivery, fault)

        engine: Any = program.jobs.engine
        engine._worker._receive = fail_once
        job = await program.jobs.enqueue(work)
        await program.until(job.id, "done")
    assert program.log == ["run"]


def test_the_loop_may_end_without_the_worker(sqlite_program: Program) -> None:
    """Ctrl+C twice: the event loop is closed while a job runs."""
    begun = threading.Event()

    @sqlite_program.jobs.task
    async def work() -> None:
        begun.set()
        await asyncio.sleep(30)

    async def main() -> None:
        async with sqlite_program.started():
            task = asyncio.create_task(serve())
            await sqlite_program.jobs.enqueue(work)
            await asyncio.to_thread(begun.wait)
            task.cancel()
            await asyncio.wait({task})

    async def serve() -> None:
        async with sqlite_program.jobs.worker(sqlite_program.app, grace=0):
            await asyncio.Event().wait()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())
