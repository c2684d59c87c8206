"""Jobs are stored in the transaction of the caller, or in one of their own."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
from sqlalchemy import select

from pronghorn import APIRouter, Depends, FastAPI, WebSocket
from pronghorn.exceptions import HTTPException, SetupError
from pronghorn.jobs import Jobs, in_
from pronghorn.jobs.tables import JOBS
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.jobs.program import NOTES, Program, note

pytestmark = pytest.mark.anyio


async def work(number: int = 0) -> None:
    """A function that is no declared task."""


async def enqueue_and_fail(program: Program, function: Any, number: int) -> str:
    """Store a job in a transaction that is rolled back."""
    try:
        async with program.db.transaction() as session:
            job = await program.jobs.enqueue(function, number, session=session)
            raise ZeroDivisionError
    except ZeroDivisionError:
        return job.id


async def test_a_job_is_a_row_of_the_callers_transaction(program: Program) -> None:
    jobs, db = program.jobs, program.db
    async with program.started():
        async with db.transaction() as session:
            await note(session, "row")
            job = await jobs.enqueue(work, 1, session=session)
        assert (await jobs.get(job.id)).state == "waiting"
        lost = await enqueue_and_fail(program, work, 2)
        assert [each.id for each in await jobs.list()] == [job.id]
        with pytest.raises(LookupError, match=lost):
            await jobs.get(lost)
        assert await program.notes() == ["row"]


async def test_prepared_statements_go_on_in_a_transaction_that_stores_a_job(
    program: Program,
) -> None:
    find = program.db.prepare(select(NOTES.c.text), str)
    async with program.started(), program.db.transaction() as session:
        await note(session, "row")
        await program.jobs.enqueue(work, 1, session=session)
        assert await find(session) == ["row"]


async def test_a_rolled_back_job_never_runs(program: Program) -> None:
    jobs, db = program.jobs, program.db

    @jobs.task
    async def say(number: int) -> None:
        program.log.append(number)

    async with program.working():
        await enqueue_and_fail(program, say, 1)
        async with db.transaction() as session:
            job = await jobs.enqueue(say, 2, session=session)
        await program.until(job.id, "done")
    assert program.log == [2]


async def test_a_job_is_stored_at_once_without_a_session(program: Program) -> None:
    async with program.started():
        job = await program.jobs.enqueue(work)
        assert (await program.jobs.get(job.id)).arguments == {}


async def test_a_script_stores_jobs_without_an_application(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    jobs = Jobs(db)
    job = await jobs.enqueue(work, 3)
    assert (await jobs.get(job.id)).arguments == {"number": 3}
    await db.dispose()


def add_routes(where: Any, program: Program) -> None:
    db, jobs = program.db, program.jobs

    async def in_dependency(session: db.Session) -> None:
        await jobs.enqueue(work, 1, session=session)

    async def in_websocket() -> str:
        async with db.transaction() as session:
            return (await jobs.enqueue(work, 3, session=session)).id

    @where.post("/work")
    async def create(session: db.Session, way: str = "") -> str:
        await jobs.enqueue(work, 2, session=session)
        if way == "raises":
            raise HTTPException(418)
        return way

    @where.post("/depends", dependencies=[Depends(in_dependency)])
    async def depends() -> str:
        return ""

    @where.websocket("/ws")
    async def talk(ws: WebSocket, stored: Annotated[Any, Depends(in_websocket)]) -> None:
        await ws.accept()
        await ws.send_text(stored)


@pytest.mark.parametrize("prefix", ["", "/shop", "/outer/inner", "/mounted"])
async def test_a_request_stores_jobs_with_its_rows(program: Program, prefix: str) -> None:
    app = program.app
    if prefix == "/mounted":
        inside = FastAPI()
        add_routes(inside, program)
        app.mount(prefix, inside)
    else:
        router = APIRouter()
        add_routes(router, program)
        if prefix == "/outer/inner":
            outer = APIRouter(prefix="/outer")
            outer.include_router(router, prefix="/inner")
            app.include_router(outer)
        else:
            app.include_router(router, prefix=prefix)

    def ask() -> None:
        with TestClient(app) as client:
            assert client.post(f"{prefix}/work?way=raises").status_code == 418
            assert client.post(f"{prefix}/work").status_code == 200
            assert client.post(f"{prefix}/depends").status_code == 200
            with client.websocket_connect(f"{prefix}/ws") as ws:
                assert ws.receive_text()

    await asyncio.to_thread(ask)
    found = sorted(job.arguments["number"] for job in await program.jobs.list())
    assert found == [1, 2, 3]
    await program.db.dispose()


async def test_a_unique_key_stores_one_job_until_it_has_ended(program: Program) -> None:
    jobs = program.jobs

    @jobs.task
    async def say(number: int) -> None:
        program.log.append(number)

    async with program.started():
        first = await jobs.enqueue(say, 1, unique="key")
        async with program.db.transaction() as session:
            await note(session, "row")  # The transaction goes on after the key was found.
            assert await jobs.enqueue(say, 2, unique="key", session=session) == first
            other = await jobs.enqueue(say, 3, unique="another", session=session)
        assert other != first
        assert await program.notes() == ["row"]
        async with jobs.worker(program.app) as worker:
            await worker.drain()
            again = await jobs.enqueue(say, 4, unique="key")
            assert again != first
            await worker.drain()
    assert sorted(program.log) == [1, 3, 4]


async def test_a_unique_key_holds_for_transactions_at_the_same_time(program: Program) -> None:
    async with program.started():
        stored = await asyncio.gather(
            *(program.jobs.enqueue(work, number, unique="key") for number in range(8))
        )
        assert len(set(stored)) == 1
        assert await program.count(JOBS) == 1


async def test_a_job_runs_not_before_its_time(program: Program) -> None:
    jobs = program.jobs

    @jobs.task
    async def say(number: int) -> None:
        program.log.append(number)

    async with program.working() as worker:
        later = await jobs.enqueue(say, 1, at=in_(hours=1))
        soon = await jobs.enqueue(say, 2, at=in_(seconds=0.3))
        past = await jobs.enqueue(say, 3, at=datetime.now(UTC) - timedelta(days=1))
        assert (await jobs.get(soon.id)).state in ("scheduled", "done")
        await program.until(soon.id, "done")
        await program.until(past.id, "done")
        await worker.drain()
        found = await jobs.get(later.id)
    assert found.state == "scheduled"
    assert timedelta(minutes=59) < found.due_at - found.created_at < timedelta(minutes=61)
    assert sorted(program.log) == [2, 3]


async def test_a_time_without_a_zone_is_refused(sqlite_program: Program) -> None:
    with pytest.raises(SetupError, match="has no zone") as caught:
        await sqlite_program.jobs.enqueue(work, at=datetime(2027, 1, 1))  # noqa: DTZ001 - the mistake
    assert (
        caught.value.got == "The time 2027-01-01T00:00:00 has no zone, so nobody knows when it is"
    )


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_has_a_length(sqlite_program: Program, key: str) -> None:
    with pytest.raises(SetupError, match=f"unique has {len(key)} characters"):
        await sqlite_program.jobs.enqueue(work, unique=key)


async def test_another_queue_than_that_of_the_task(program: Program) -> None:
    async with program.started():
        job = await program.jobs.enqueue(work, queue="slow")
        assert (await program.jobs.get(job.id)).queue == "slow"
        assert await program.jobs.counts() == {"slow": {"waiting": 1}}


async def test_the_queue_of_a_limited_task_is_its_own(sqlite_program: Program) -> None:
    jobs = sqlite_program.jobs

    @jobs.task(name="limited", concurrency=1)
    async def limited() -> None: ...

    with pytest.raises(SetupError) as caught:
        await jobs.enqueue(limited, queue="slow")
    assert caught.value.got == (
        "The task limited has concurrency=1, and queue='slow' is not its own"
    )


@pytest.mark.parametrize("queue", ["", "_own", "a/b", "x" * 101, "a b"])
async def test_the_name_of_a_queue_is_checked(sqlite_program: Program, queue: str) -> None:
    with pytest.raises(SetupError, match="The name of a queue is"):
        await sqlite_program.jobs.enqueue(work, queue=queue)


async def test_a_call_is_checked_now_and_stored_later(program: Program) -> None:
    jobs = program.jobs
    call = jobs.call(work, number=5)
    async with program.started():
        job = await jobs.enqueue(call, at=in_(days=1))
        found = await jobs.get(job.id)
    assert (found.arguments, found.state) == ({"number": 5}, "scheduled")


async def test_a_parameter_may_have_the_name_of_an_option(program: Program) -> None:
    jobs = program.jobs

    @jobs.task
    async def say(queue: str, at: int) -> None:
        program.log.append((queue, at))

    async with program.working():
        job = await jobs.enqueue(jobs.call(say, queue="a", at=1))
        await program.until(job.id, "done")
    assert program.log == [("a", 1)]


@pytest.mark.parametrize("key", ["a\x00b", "\ud800", 7, b"key"])
async def test_a_key_that_no_database_can_store(sqlite_program: Program, key: Any) -> None:
    """SQLite would take some of them, and PostgreSQL would fail at the first one in production."""
    with pytest.raises(SetupError, match="unique is "):
        await sqlite_program.jobs.enqueue(work, unique=key)


async def test_a_savepoint_that_is_rolled_back_takes_its_jobs_with_it(program: Program) -> None:
    jobs, db = program.jobs, program.db

    @jobs.task
    async def say(number: int) -> None:
        program.log.append(number)

    async with program.working() as worker:
        async with db.transaction() as session:
            await jobs.enqueue(say, 1, session=session)
            with suppress(ZeroDivisionError):
                async with session.begin_nested():
                    await jobs.enqueue(say, 2, unique="key", session=session)
                    raise ZeroDivisionError
            async with session.begin_nested(), session.begin_nested():
                await jobs.enqueue(say, 3, unique="key", session=session)
        await worker.drain()
    assert sorted(program.log) == [1, 3]
