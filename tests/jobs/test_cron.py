"""Jobs at given times: once over all workers, late, missed, and with wrong declarations."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from pronghorn import FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.jobs import Attempt, Jobs
from pronghorn.jobs.cron import CRONS, Cron, Crons
from pronghorn.jobs.ticks import Ticks
from pronghorn.sql import Database
from tests.contract.servers import PATIENCE

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 29, 12, 0, 30, tzinfo=UTC)
EVERY_SECOND = "* * * * * *"


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


@pytest.mark.parametrize(
    ("expression", "missed", "since", "due"),
    [
        ("* * * * *", "skip", ago(seconds=10), []),
        ("* * * * *", "skip", ago(seconds=40), [ago(seconds=30)]),
        # Late by less than a minute: the workers were replaced.
        ("0 12 * * *", "skip", ago(hours=20), [ago(seconds=30)]),
        ("30 11 * * *", "skip", ago(hours=20), []),
        ("30 11 * * *", "once", ago(hours=20), [ago(minutes=30, seconds=30)]),
        ("30 11 * * *", "once", ago(minutes=20), []),
        # One job for all that was missed, with the last time.
        ("0 3 * * *", "once", ago(days=30), [ago(hours=9, seconds=30)]),
        ("* * * * *", "once", ago(days=1), [ago(seconds=30)]),
        ("* * * * * */30", "skip", ago(days=1), [ago(seconds=30), NOW]),
    ],
)
def test_what_is_due(expression: str, missed: Any, since: datetime, due: list[datetime]) -> None:
    assert Cron("prune", Ticks(expression), missed).due(since, NOW) == due


async def test_each_time_has_one_job_over_all_workers(database: Database) -> None:
    stored: list[datetime] = []
    enough = asyncio.Event()

    async def store(session: Any, task: str, tick: datetime) -> None:
        stored.append(tick)
        if len(stored) > 2:
            enough.set()

    workers = [Crons(database, store) for _ in range(3)]
    for crons in workers:
        crons.add(Cron("prune", Ticks(EVERY_SECOND), "skip"))
    Jobs(database)  # It adds the tables.
    async with database.lifespan():
        running = [asyncio.create_task(crons.run()) for crons in workers]
        async with asyncio.timeout(PATIENCE):
            await enough.wait()
        for task in running:
            task.cancel()
        await asyncio.wait(running)
    assert stored == [stored[0] + timedelta(seconds=n) for n in range(len(stored))]


async def test_the_function_gets_its_time_and_dependencies(database: Database) -> None:
    jobs = Jobs(database)
    app = FastAPI(lifespan=database.lifespan)
    jobs.attach(app)
    calls: list[tuple[datetime, int]] = []
    called = asyncio.Event()

    @jobs.cron(EVERY_SECOND)
    @jobs.cron("* * * * * */1")
    async def report(tick: datetime, session: database.Session, attempt: Attempt) -> None:
        assert await session.scalar(select(1)) == 1
        calls.append((tick, attempt.number))
        if len(calls) > 2:
            called.set()

    async with app.router.lifespan_context(app), jobs.worker(app):
        async with asyncio.timeout(PATIENCE):
            await called.wait()
    ticks = [tick for tick, _ in calls]
    assert len(set(ticks)) == len(ticks)
    assert {number for _, number in calls} == {1}
    assert all(tick.microsecond == 0 and tick.utcoffset() == timedelta(0) for tick in ticks)


@pytest.mark.parametrize(("missed", "jobs_of"), [("skip", 0), ("once", 1)])
async def test_times_at_which_no_worker_was_there(
    database: Database, missed: Any, jobs_of: int
) -> None:
    stored: list[datetime] = []

    async def store(session: Any, task: str, tick: datetime) -> None:
        stored.append(tick)

    Jobs(database)
    minute = (datetime.now(UTC) - timedelta(minutes=30)).minute
    crons = Crons(database, store)
    crons.add(Cron("prune", Ticks(f"{minute} * * * *"), missed))
    row = {"task": "prune", "expression": f"{minute} * * * *", "timezone": "UTC"}
    async with database.lifespan():
        async with database.transaction() as session:
            await session.execute(insert(CRONS).values(**row, done_until=0))
            await session.execute(update(CRONS).values(done_until=_days_ago(3)))
        running = asyncio.create_task(crons.run())
        async with asyncio.timeout(PATIENCE):
            while True:
                async with database.transaction(read_only=True) as session:
                    done = await session.scalar(select(CRONS.c.done_until))
                if done and done > _days_ago(1):
                    break
                await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.wait([running])
    assert len(stored) == jobs_of
    assert all(tick > datetime.now(UTC) - timedelta(minutes=40) for tick in stored)


def _days_ago(days: int) -> int:
    return int((datetime.now(UTC) - timedelta(days=days)).timestamp() * 1000)


async def test_a_parameter_that_nobody_passes_is_an_error_at_startup(database: Database) -> None:
    jobs = Jobs(database)

    @jobs.cron("@daily")
    async def prune(days: int) -> None: ...

    async with database.lifespan():
        with pytest.raises(SetupError, match="The parameter 'days' of"):
            async with jobs.worker():
                pass


async def test_an_unknown_policy_is_an_error(database: Database) -> None:
    with pytest.raises(SetupError, match="missed='twice' is neither 'skip' nor 'once'"):

        @Jobs(database).cron("@daily", missed="twice")  # type: ignore[arg-type]
        async def prune() -> None: ...
