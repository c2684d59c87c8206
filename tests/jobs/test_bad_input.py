"""Rows that somebody has changed, functions that are gone, a database that is away.

Each has a defined end that is visible, and stops nothing else.
"""

import asyncio
import base64
import pickle
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator
from sqlalchemy import text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.exceptions import SetupError
from pronghorn.jobs import JobInfo, Jobs
from pronghorn.jobs.dbos_guard import refuse_pickles
from pronghorn.jobs.tables import JOBS
from tests.jobs.program import Program, wait_until
from tests.sql.servers import fresh_database
from tools.postgresql import Server

pytestmark = pytest.mark.anyio


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.write_text, (self.path, "unpickled")


def make_pickle(path: Path) -> str:
    arguments = {"args": (Bomb(path),), "kwargs": {}}
    return base64.b64encode(pickle.dumps(arguments)).decode()


def schema_of(program: Program) -> str:
    return "" if program.url.startswith("sqlite") else "dbos."


async def change(session: AsyncSession, job: str, **columns: Any) -> None:
    await session.execute(update(JOBS).where(JOBS.c.id == job).values(columns))


async def run_beside(program: Program, job: str) -> JobInfo:
    """Run a bad job and a good one; return what became of the bad one."""

    @program.jobs.task
    async def good() -> None: ...

    async with program.jobs.worker(program.app):
        other = await program.jobs.enqueue(good)
        await program.until(other.id, "done")
        return await program.until(job, "dead", "done", "cancelled")


async def test_a_pickle_is_never_read(program: Program, tmp_path: Path) -> None:
    """By no worker, no list and no other command, wherever in the row it stands."""
    bomb = make_pickle(tmp_path / "unpickled")
    schema = schema_of(program)

    @program.jobs.task
    async def work(number: int) -> None:
        program.log.append(number)

    async with program.started():
        in_engine = await program.jobs.enqueue(work, 1)
        in_row = await program.jobs.enqueue(work, 2)
        async with program.db.transaction() as session:
            await change(session, in_row.id, arguments=bomb)
            mine = f"workflow_uuid LIKE '{in_engine.id}%'"
            await session.execute(
                text(f"UPDATE {schema}workflow_input SET inputs = :bomb WHERE {mine}"),
                {"bomb": bomb},
            )
            for column in ("serialization = 'py_pickle'", "authenticated_roles = 'no JSON'"):
                await session.execute(
                    text(f"UPDATE {schema}workflow_status SET {column} WHERE {mine}")
                )
        assert len(await program.jobs.list()) == 2
        assert (await program.jobs.get(in_row.id)).arguments == bomb
        first = await run_beside(program, in_engine.id)
        second = await program.until(in_row.id, "dead")
        assert len(await program.jobs.list(state="dead")) == 2
    assert first.error == "its row of the engine is marked 'py_pickle', which is not read"
    assert second.error is not None
    assert second.error.startswith("its arguments are no JSON: ")
    assert program.log == []
    assert not (tmp_path / "unpickled").exists()


async def test_a_row_of_the_engine_without_a_job(program: Program, tmp_path: Path) -> None:
    bomb = make_pickle(tmp_path / "unpickled")
    schema = schema_of(program)

    @program.jobs.task
    async def work() -> None: ...

    async with program.started():
        job = await program.jobs.enqueue(work)
        async with program.db.transaction() as session:
            where = f"workflow_uuid LIKE '{job.id}%'"
            row = "workflow_uuid = 'foreign', name = 'other', serialization = 'py_pickle'"
            for changed in (
                f"workflow_status SET {row}",
                "workflow_input SET workflow_uuid = 'foreign'",
            ):
                await session.execute(text(f"UPDATE {schema}{changed} WHERE {where}"))
            await session.execute(
                text(f"UPDATE {schema}workflow_input SET inputs = :bomb"), {"bomb": bomb}
            )
        async with program.jobs.worker(program.app):
            await wait_until(lambda: program.jobs.list(state="dead"))
        found = await program.jobs.list(state="dead")
    assert [(each.id, each.task) for each in found] == [("foreign", "?")]
    assert found[0].error == "its row of the engine belongs to 'other'"
    assert not (tmp_path / "unpickled").exists()


async def test_pickles_are_refused_without_the_guard(tmp_path: Path) -> None:
    """A release of DBOS that reads rows in another way."""
    from contextlib import ExitStack

    from dbos._serialization import DefaultSerializer

    with ExitStack() as stack:
        refuse_pickles(stack)
        with pytest.raises(ValueError, match="a pickle is not read"):
            DefaultSerializer().deserialize(make_pickle(tmp_path / "unpickled"))
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ('{"number": "x"}', "the parameter 'number' of work cannot be 'x': Input should be"),
        ('{"number": 1, "gone": 2}', "work has no parameter 'gone'"),
        ("{}", "the parameter 'number' of work has no value"),
        ('{"number": "' + "x" * 1_000_000 + '"}', "its arguments are no JSON of at most 1,000,000"),
        ("", "its arguments are no JSON"),
    ],
)
async def test_arguments_of_the_wrong_type(
    sqlite_program: Program, monkeypatch: pytest.MonkeyPatch, arguments: str, why: str
) -> None:
    monkeypatch.setattr("pronghorn.jobs.outcomes.PATIENCE", 0.3)
    monkeypatch.setattr("pronghorn.jobs.outcomes._PAUSE", 0.1)

    @sqlite_program.jobs.task(name="work")
    async def work(number: int) -> None:
        sqlite_program.log.append(number)

    async with sqlite_program.started():
        job = await sqlite_program.jobs.enqueue(work, 1)
        async with sqlite_program.db.transaction() as session:
            await change(session, job.id, arguments=arguments)
        found = await run_beside(sqlite_program, job.id)
    assert (found.state, found.attempt) == ("dead", 1)
    assert found.error is not None
    assert found.error.startswith(why)
    assert sqlite_program.log == []


@pytest.mark.parametrize("name", ["gone", "tests.jobs.program:gone", "os:_exit", "\x7f\n' --"])
async def test_a_function_that_is_gone(
    sqlite_program: Program, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("pronghorn.jobs.outcomes.PATIENCE", 0.3)
    monkeypatch.setattr("pronghorn.jobs.outcomes._PAUSE", 0.1)

    @sqlite_program.jobs.task
    async def work() -> None: ...

    async with sqlite_program.started():
        job = await sqlite_program.jobs.enqueue(work)
        async with sqlite_program.db.transaction() as session:
            await change(session, job.id, task=name)
        found = await run_beside(sqlite_program, job.id)
    assert (found.state, found.attempt, found.task) == ("dead", 1, name)
    assert found.error is not None


async def test_a_new_release_runs_what_the_old_one_did_not_know(
    sqlite_program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronghorn.jobs.outcomes._PAUSE", 0.1)
    new = Jobs(sqlite_program.db)

    @new.task(name="new")
    async def work() -> None:
        sqlite_program.log.append("run")

    async with sqlite_program.started():
        job = await new.enqueue(work)
        async with sqlite_program.jobs.worker(sqlite_program.app):

            async def was_refused() -> bool:
                return (await new.get(job.id)).error is not None

            await wait_until(was_refused)
        assert (await new.get(job.id)).error == "there is no task 'new'"
    async with sqlite_program.db.lifespan(), new.worker():
        assert (await sqlite_program.until(job.id, "done")).attempt == 1


async def test_a_new_release_passes_what_the_old_one_does_not_take(
    sqlite_program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after a time without workers, in which more has piled up than they can do at once."""
    monkeypatch.setattr("pronghorn.jobs.outcomes._PAUSE", 0.1)
    new = Jobs(sqlite_program.db)

    async def of_the_old_release(number: int) -> None: ...

    async def of_the_new_release(number: int, text: str) -> None:
        sqlite_program.log.append((number, text))

    sqlite_program.jobs.task(name="work")(of_the_old_release)
    new.task(name="work")(of_the_new_release)
    async with sqlite_program.started():
        job = await new.enqueue(of_the_new_release, 7, "seven")
        async with sqlite_program.db.transaction() as session:
            await change(session, job.id, due_at=JOBS.c.due_at - 600_000)
        async with sqlite_program.jobs.worker(sqlite_program.app):

            async def was_refused() -> bool:
                return (await new.get(job.id)).error is not None

            await wait_until(was_refused)
        found = await new.get(job.id)
        assert (found.state in ("waiting", "scheduled"), found.attempt) == (True, 1)
        assert found.error == "work has no parameter 'text'"
        async with new.worker():
            assert (await sqlite_program.until(job.id, "done")).attempt == 1
    assert sqlite_program.log == [(7, "seven")]


async def test_a_job_without_its_row_of_the_engine_is_visible(program: Program) -> None:
    @program.jobs.task
    async def work() -> None: ...

    async with program.started():
        job = await program.jobs.enqueue(work)
        async with program.db.transaction() as session:
            await session.execute(text(f"DELETE FROM {schema_of(program)}workflow_status"))
        assert (await program.jobs.get(job.id)).state == "waiting"
        assert await program.jobs.cancel(job.id)
        assert await program.jobs.retry(job.id)
        async with program.jobs.worker(program.app):
            await program.until(job.id, "done")


async def answers(program: Program) -> bool:
    """Return whether the server of a program has started again."""
    try:
        await program.jobs.counts()
    except (SQLAlchemyError, OSError):
        return False
    return True


@pytest.mark.timeout(120)
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_the_database_is_away_while_jobs_run(own_server: Server, driver: str) -> None:
    with fresh_database(own_server) as name:
        program = Program(own_server.url(name, driver), retries=0)
        begun, go_on = asyncio.Event(), asyncio.Event()

        @program.jobs.task
        async def work() -> None:
            begun.set()
            await go_on.wait()

        @program.jobs.task
        async def other() -> None: ...

        async with program.working():
            job = await program.jobs.enqueue(work)
            await begun.wait()
            await asyncio.to_thread(own_server.halt)
            go_on.set()
            await asyncio.sleep(0.5)  # The outcome cannot be written.
            await asyncio.to_thread(own_server.start)
            await wait_until(partial(answers, program))
            found = await program.until(job.id, "done", "dead")
            assert (found.state, found.attempt) == ("done", 1)
            later = await program.jobs.enqueue(other)
            await program.until(later.id, "done")


@pytest.mark.timeout(120)
async def test_a_worker_ends_while_the_database_is_away(own_server: Server) -> None:
    with fresh_database(own_server) as name:
        program = Program(own_server.url(name, "asyncpg"), retries=0)
        begun = asyncio.Event()

        @program.jobs.task
        async def work() -> None:
            if not begun.is_set():
                begun.set()
                await asyncio.Event().wait()

        async with program.started():
            async with program.jobs.worker(program.app, grace=0.1):
                job = await program.jobs.enqueue(work)
                await begun.wait()
                await asyncio.to_thread(own_server.halt)
            await asyncio.to_thread(own_server.start)
            await wait_until(partial(answers, program))
            assert (await program.jobs.get(job.id)).state == "running"


def refuse(value: str) -> str:
    """Be a validator of the program with a mistake."""
    if value == "bad":
        raise KeyError(value)
    return value


async def test_a_validator_that_breaks(sqlite_program: Program) -> None:
    @sqlite_program.jobs.task(name="work")
    async def work(text: Annotated[str, AfterValidator(refuse)]) -> None: ...

    async with sqlite_program.started():
        job = await sqlite_program.jobs.enqueue(work, "good")
        async with sqlite_program.db.transaction() as session:
            await change(session, job.id, arguments='{"text": "bad"}')
        found = await run_beside(sqlite_program, job.id)
    assert (found.state, found.attempt) == ("dead", 3)
    assert str(found.error).startswith("KeyError: 'bad'")


async def test_a_module_that_breaks_when_it_is_imported(
    sqlite_program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("pronghorn.jobs.outcomes.PATIENCE", 0.3)
    monkeypatch.setattr("pronghorn.jobs.outcomes._PAUSE", 0.1)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_tasks.py").write_text("raise RuntimeError('no settings')\n")

    @sqlite_program.jobs.task
    async def work() -> None: ...

    async with sqlite_program.started():
        job = await sqlite_program.jobs.enqueue(work)
        async with sqlite_program.db.transaction() as session:
            await change(session, job.id, task="broken_tasks:work")
        found = await run_beside(sqlite_program, job.id)
    assert found.state == "dead"
    assert "cannot be imported: no settings" in str(found.error)


class _Exit(BaseException):
    """An exception that is no `Exception`."""


async def test_an_exception_that_is_none(sqlite_program: Program) -> None:
    @sqlite_program.jobs.task
    async def work() -> None:
        raise _Exit("out")

    found = await sqlite_program.run(work)
    assert (found.state, found.attempt) == ("dead", 3)
    assert str(found.error).startswith("_Exit: out")


async def test_secrets_are_not_told(
    sqlite_program: Program, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronghorn.jobs.outcomes.PATIENCE", 0.3)

    @sqlite_program.jobs.task(name="work")
    async def work(api_token: int, number: int = 0) -> None: ...

    async with sqlite_program.started():
        with pytest.raises(SetupError, match=r"'api_token' of work cannot be stored as \*\*\*"):
            await sqlite_program.jobs.enqueue(work, "hunter2")
        job = await sqlite_program.jobs.enqueue(work, 1)
        async with sqlite_program.db.transaction() as session:
            await change(session, job.id, arguments='{"api_token": "hunter2"}')
        found = await run_beside(sqlite_program, job.id)
    assert str(found.error).startswith("the parameter 'api_token' of work cannot be ***: ")
    assert "hunter2" not in caplog.text + str(found.error)
