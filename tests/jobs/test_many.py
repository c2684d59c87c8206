"""Looking at jobs reads the newest ones of each state, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert

from pronghorn import APIRouter, FastAPI
from pronghorn.jobs import JobInfo, UnknownJobError
from pronghorn.jobs.info import STATES
from pronghorn.jobs.tables import JOBS
from pronghorn.requests import Request
from pronghorn.responses import JSONResponse
from pronghorn.testclient import TestClient
from tests.jobs.program import Program

pytestmark = pytest.mark.anyio


async def work(number: int = 0) -> None: ...


async def store_many(program: Program, number: int) -> list[str]:
    """Store jobs of all states, one in each millisecond; return their ids, the newest first."""
    fixed = {"task": "shop:work", "channel": "mail", "arguments": "{}", "due_at": 0}
    counts = {"attempt": 1, "retries": 0, "rescues": 0, "runs": 0}
    rows = [
        {
            "id": f"job-{place:03}",
            "queue": "mail" if place % 2 else "default",
            "state": STATES[place % len(STATES)],
            "created_at": 1_000_000 + place,
            **fixed,
            **counts,
        }
        for place in range(number)
    ]
    async with program.db.transaction() as session:
        await session.execute(insert(JOBS), rows)
    return [row["id"] for row in reversed(rows)]


async def test_the_newest_of_all_states_are_listed(program: Program) -> None:
    async with program.started():
        ids = await store_many(program, 60)
        for limit in (1, 7, 59, 100):
            assert [job.id for job in await program.jobs.list(limit=limit)] == ids[:limit]
        odd = [each for each in ids if int(each[-3:]) % 2]
        assert [job.id for job in await program.jobs.list(queue="mail", limit=5)] == odd[:5]
        assert [job.id for job in await program.jobs.list(task="work", limit=5)] == ids[:5]
        done = [each for each in ids if STATES[int(each[-3:]) % len(STATES)] == "done"]
        assert [job.id for job in await program.jobs.list(state="done", limit=3)] == done[:3]


async def test_the_newest_of_each_state_are_counted(program: Program) -> None:
    async with program.started():
        await store_many(program, 60)
        all_ = await program.jobs.counts()
        assert sum(number for states in all_.values() for number in states.values()) == 60
        assert list(all_) == ["default", "mail"]
        assert await program.jobs.counts(at_most=None) == all_
        few = await program.jobs.counts(at_most=4)
        totals = dict.fromkeys(STATES, 0)
        for states in few.values():
            for state, number in states.items():
                totals[state] += number
        assert totals == dict.fromkeys(STATES, 4)
        dead = await program.jobs.counts(states=["dead"])
        expected = {queue: found["dead"] for queue, found in all_.items() if "dead" in found}
        assert dead == {queue: {"dead": number} for queue, number in expected.items()}
        assert await program.jobs.counts(states=[]) == {}


@pytest.mark.parametrize("wrong", [0, -1, "10", 2**40, None])
async def test_a_limit_that_is_none(program: Program, wrong: Any) -> None:
    async with program.started():
        if wrong is not None:
            with pytest.raises(ValueError, match="limit is"):
                await program.jobs.list(limit=wrong)
            with pytest.raises(ValueError, match="at_most is"):
                await program.jobs.counts(at_most=wrong)
        with pytest.raises(ValueError, match="no state 'asleep'; there are waiting"):
            await program.jobs.list(state="asleep")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="no state 'asleep'"):
            await program.jobs.counts(states=["asleep"])  # type: ignore[list-item]


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Give a list with each statement that is sent inside of the block, and its parameters."""
    sent: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *others: Any) -> None:
        sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_no_look_reads_the_whole_table(sqlite_url: str) -> None:
    program = Program(sqlite_url)
    async with program.started():
        with statements() as sent:
            await program.jobs.list()
            await program.jobs.list(task="work", queue="mail")
            await program.jobs.counts()
        looks = [one for one in sent if one[0].startswith("SELECT") and "pronghorn_jobs" in one[0]]
        assert len(looks) == 3
        async with program.db.transaction(read_only=True) as session:
            connection = await session.connection()
            for statement, parameters in looks:
                plan = await connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", parameters
                )
                steps = [row[3] for row in plan if "pronghorn_jobs" in row[3]]
                assert len(steps) == len(STATES)
                assert all("INDEX pronghorn_jobs_by_state (state=?)" in step for step in steps)


# --- an id that nobody knows, in an endpoint ---


def declare(app: Any, program: Program) -> None:
    @app.get("/jobs/{id}")
    async def read(id: str) -> JobInfo:
        return await program.jobs.get(id)

    @app.post("/jobs/{id}/retry")
    async def retry(id: str) -> bool:
        return await program.jobs.retry(id)

    @app.post("/jobs/{id}/cancel")
    async def cancel(id: str) -> bool:
        return await program.jobs.cancel(id)

    @app.get("/jobs/{id}/attempts")
    async def attempts(id: str) -> int:
        return len(await program.jobs.attempts(id))


REQUESTS = [
    ("GET", "/jobs/none"),
    ("POST", "/jobs/none/retry"),
    ("POST", "/jobs/none/cancel"),
    ("GET", "/jobs/none/attempts"),
    ("GET", "/jobs/%00"),
]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
@pytest.mark.parametrize("place", ["application", "router", "mounted"])
def test_an_unknown_id_is_answered_with_404(
    sqlite_url: str, method: str, path: str, place: str
) -> None:
    program = Program(sqlite_url)
    app = program.app
    prefix = "" if place == "application" else "/inner"
    if place == "application":
        declare(app, program)
    elif place == "router":
        router = APIRouter()
        declare(router, program)
        app.include_router(router, prefix=prefix)
    else:
        inner = FastAPI()
        declare(inner, program)
        app.mount(prefix, inner)
    with TestClient(app) as client:
        answer = client.request(method, f"{prefix}{path}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is no such job"})


def test_the_program_may_answer_itself(sqlite_url: str) -> None:
    program = Program(sqlite_url)
    declare(program.app, program)

    @program.app.exception_handler(UnknownJobError)
    async def answer(request: Request, error: UnknownJobError) -> JSONResponse:
        return JSONResponse({"told": str(error)}, 410)

    with TestClient(program.app) as client:
        told = client.get("/jobs/none")
    assert (told.status_code, told.json()) == (410, {"told": "There is no job 'none'."})
