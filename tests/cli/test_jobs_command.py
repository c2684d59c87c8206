"""`pronghorn jobs` and `pronghorn nodes` as a user calls them: what they print, and exit codes."""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner, Result

from pronghorn.cli import job_options
from pronghorn.cli.app import commands
from pronghorn.jobs import State, in_
from tests.cli.conftest import Write
from tests.cli.jobs_program import NAME, PROGRAM, in_program, write_program

FILE = f"{NAME}.py"
PATIENCE = 60


@pytest.fixture(autouse=True)
def no_other_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what other tests have made, which a process of its own would not have."""
    monkeypatch.setattr("pronghorn.sql.known._known", [])
    monkeypatch.setenv("PRONGHORN_FULL_TRACEBACK", "")


@pytest.fixture
def program(write: Write) -> None:
    write_program(write)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def jobs(command: str, *arguments: str) -> Result:
    return call("jobs", command, *arguments, FILE)


def enqueue(task: str, *arguments: Any, **options: Any) -> str:
    async def store(module: Any) -> str:
        ref = await module.jobs.enqueue(getattr(module, task), *arguments, **options)
        return str(ref.id)

    return str(in_program(store))


def run_all() -> None:
    """Run all jobs that wait, as a worker does."""

    async def work(module: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        async with module.jobs.worker(module.app):
            while any(await _open(module)):
                assert time.monotonic() < deadline

    in_program(work)


async def _open(module: Any) -> list[Any]:
    import asyncio

    await asyncio.sleep(0.02)
    return [
        job for job in await module.jobs.list() if job.state in {"waiting", "running", "scheduled"}
    ]


# --- looking ------------------------------------------------------------------------------------


def test_a_program_that_never_ran_has_no_jobs(program: None) -> None:
    assert jobs("list").stdout == "No job is stored\n"
    assert jobs("dead").stdout == "No job is dead\n"
    assert jobs("list", "--json").stdout == "[]\n"
    assert jobs("retry", "--all").stdout == "No job is dead\n"


def test_the_states_are_those_of_jobs() -> None:
    assert get_args(job_options.State) == get_args(State)


def test_list_shows_the_newest_first_and_counts(program: None) -> None:
    first = enqueue("send_receipt", 7)
    second = enqueue("fail", 8, at=in_(hours=3))
    listed = jobs("list")
    assert listed.exit_code == 0, listed.output
    head, *rows, summary = listed.stdout.splitlines()
    assert head.split() == ["Id", "Task", "Queue", "State", "Attempt", "Stored", "When"]
    assert [row.split()[0] for row in rows] == [second, first]
    assert re.search(r"fail +default +scheduled +1 +\d+ s ago +in [23] h", rows[0])
    assert re.search(r"send_receipt +mail +waiting +1 ", rows[1])
    assert summary == "In all: 1 scheduled, 1 waiting"


@pytest.mark.parametrize(
    ("options", "tasks"),
    [
        (["--state", "waiting"], ["send_receipt"]),
        (["--state", "dead"], []),
        (["--task", "fail"], ["fail"]),
        (["--queue", "mail"], ["send_receipt"]),
        (["--queue", "mail", "--task", "fail"], []),
        (["--limit", "1"], ["fail"]),
    ],
    ids=str,
)
def test_filters(program: None, options: list[str], tasks: list[str]) -> None:
    enqueue("send_receipt", 7)
    enqueue("fail", 8, at=in_(hours=3))
    listed = json.loads(jobs("list", "--json", *options).stdout)
    assert [job["task"].rpartition(":")[2] for job in listed] == tasks
    if "--limit" in options:
        assert jobs("list", *options).stdout.endswith("; 1 shown\n")


def test_show_masks_secrets_and_long_values(program: None) -> None:
    job = enqueue("send_receipt", 7, "s3cr3t-of-the-shop")
    shown = jobs("show", job)
    assert shown.exit_code == 0, shown.output
    assert f"job        {job}\n" in shown.stdout
    assert re.search(r"^queue      mail$", shown.stdout, re.MULTILINE)
    assert re.search(r"^state      waiting, 1 attempt$", shown.stdout, re.MULTILINE)
    assert re.search(r"^stored     \d{4}-\d\d-\d\d .*, \d+ s ago$", shown.stdout, re.MULTILINE)
    assert re.search(r'^  api_token  "\*\*\*"$', shown.stdout, re.MULTILINE)
    assert "s3cr3t" not in shown.stdout + jobs("show", job, "--json").stdout
    assert json.loads(jobs("show", job, "--json").stdout)["arguments"]["order_id"] == 7
    long = enqueue("fail", 8, "x" * 10_000, at=in_(hours=3))
    assert len(jobs("show", long).stdout) < 5000


def test_a_reason_is_the_exception_and_not_the_end_of_its_traceback(program: None) -> None:
    enqueue("fail_together")
    run_all()
    assert jobs("dead").stdout.splitlines()[1] == "  ExceptionGroup: both (2 sub-exceptions)"


def test_dead_jobs_with_their_reason_run_again(program: None) -> None:
    job = enqueue("fail", 7, "hunter2")
    run_all()
    dead = jobs("dead")
    first, reason, hint = dead.stdout.splitlines()
    assert first.startswith(f"{job}  ")
    assert first.endswith(", after 2 attempts")
    assert reason == "  RuntimeError: The printer is on fire"
    assert hint.startswith("To run one again: pronghorn jobs retry ID")
    shown = jobs("show", job).stdout
    assert re.search(r"^state      dead, 2 attempts$", shown, re.MULTILINE)
    assert "The printer is on fire" in shown
    assert "hunter2" not in shown
    begun = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}"
    for number, outcome in ((1, "failed"), (2, "dead")):
        line = rf"^  {number}  {outcome} +{begun} +\d+\.\d s  node [0-9a-f-]{{36}}$\n"
        assert re.search(f"{line}     RuntimeError: The printer", shown, re.MULTILINE)
    described = json.loads(jobs("show", job, "--json").stdout)["attempts"]
    assert [(one["number"], one["outcome"]) for one in described] == [(1, "failed"), (2, "dead")]
    assert described[0]["error"] == "RuntimeError: The printer is on fire"

    Path("mended").touch()
    assert jobs("retry", job).stdout == f"The job {job} runs again\n"
    refused = jobs("retry", job)
    assert refused.exit_code == 1
    assert f"The job {job} is waiting, not dead or cancelled" in refused.stderr
    run_all()
    assert Path("notes.txt").read_text() == "printed 7\n"
    refused = jobs("retry", job)
    assert f"The job {job} is done" in refused.stderr
    assert "would do its work twice" in refused.stderr


def test_all_dead_jobs_of_a_task_run_again(program: None) -> None:
    for number in range(3):
        enqueue("fail", number)
    run_all()
    assert jobs("retry", "--all", "--task", "nothing").stdout == "No job is dead\n"
    assert jobs("retry", "--all", "--queue", "default").stdout == "3 jobs run again\n"
    assert jobs("list").stdout.endswith("In all: 3 waiting\n")
    run_all()
    again = jobs("retry", "--all")
    assert again.stdout == "3 jobs run again\n"


def test_cancel(program: None) -> None:
    job = enqueue("send_receipt", 7)
    assert jobs("cancel", job).stdout == f"The job {job} is cancelled\n"
    refused = jobs("cancel", job)
    assert refused.exit_code == 1
    assert refused.stderr == f"Error: The job {job} is cancelled already\n"
    run_all()
    assert not Path("notes.txt").exists()
    assert jobs("retry", job).exit_code == 0


def test_what_a_database_says_cannot_act_on_the_terminal(program: None) -> None:
    """Whoever stores a job chooses its arguments; an error repeats them."""
    job = enqueue("fail", 7, at=in_(hours=3))

    async def spoil(module: Any) -> None:
        from sqlalchemy import text

        async with module.db.transaction() as session:
            await session.execute(
                text("UPDATE pronghorn_jobs SET state='dead', error=:error, arguments=:arguments"),
                {"error": "first\n\x1b[2J\u202egone", "arguments": '{"a\\u001b": "\\u009b2J"}'},
            )

    in_program(spoil)
    for printed in (jobs("dead"), jobs("show", job), jobs("list")):
        assert printed.exit_code == 0, printed.output
        assert all(char.isprintable() or char == "\n" for char in printed.stdout)


# --- errors for people --------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["show", "retry", "cancel"])
def test_an_unknown_id(program: None, command: str) -> None:
    refused = jobs(command, "no-such-job")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: There is no job no-such-job\n  `pronghorn jobs list`")
    assert "Traceback" not in refused.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Which job is to run again?"),
        (["7", "--task", "fail"], "Cannot use --task with the ID of a job"),
        (["7", "main.py", "--all"], "Cannot use --all with the ID 7"),
    ],
    ids=str,
)
def test_retry_needs_an_id_or_all(workspace: Path, arguments: list[str], said: str) -> None:
    refused = call("jobs", "retry", *arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr


@pytest.mark.parametrize("command", ["list", "dead", "run"])
def test_a_program_without_jobs(write: Write, command: str) -> None:
    write(FILE, "from pronghorn import FastAPI\napp = FastAPI()\n")
    refused = jobs(command)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(
        f"Error: {NAME}:app makes no Jobs when it is imported\n  from pronghorn.jobs import Jobs\n"
    )


def test_serving_with_jobs_a_program_without_them(write: Write) -> None:
    write(FILE, "from pronghorn import FastAPI\napp = FastAPI()\n")
    for command in ("run", "dev"):
        refused = call(command, FILE, "--jobs", "--port", "0")
        assert refused.exit_code == 1
        assert "makes no Jobs when it is imported" in refused.stderr


SECOND = """
audit_db = Database("sqlite:///audit.db"{})
audit = Jobs(audit_db)
"""


def test_several_jobs_are_told_apart_by_their_databases(write: Write) -> None:
    write_program(write, PROGRAM + SECOND.format(""))
    refused = jobs("list")
    assert refused.exit_code == 2
    assert "The program has 2 Jobs: default (" in refused.stderr
    assert "Give each Database a name" in refused.stderr


def test_one_of_several_jobs_is_chosen(write: Write) -> None:
    write_program(write, PROGRAM + SECOND.format(', name="audit"'))
    assert "Choose one by its database: --database audit" in jobs("list").stderr
    assert "Did you mean --database audit?" in jobs("list", "--database", "audits").stderr
    assert jobs("list", "--database", "audit").stdout == "No job is stored\n"
    for command in ("run", "dev"):
        refused = call(command, FILE, "--jobs", "--port", "0")
        assert refused.exit_code == 2
        assert "FastAPI(lifespan=db.lifespan, jobs=jobs)" in refused.stderr


def test_the_jobs_of_the_app_are_meant_unless_others_are_named(write: Write) -> None:
    source = PROGRAM.replace("FastAPI(lifespan=lifespan)", "FastAPI(lifespan=lifespan, jobs=jobs)")
    source = source.replace("jobs.attach(app)\n", "")
    write_program(write, source + SECOND.format(', name="audit"'))
    enqueue("send_receipt", 7)
    assert jobs("list").stdout.endswith("In all: 1 waiting\n")
    assert jobs("list", "--database", "audit").stdout == "No job is stored\n"


@pytest.mark.parametrize(
    "command", [["list"], ["dead"], ["show", "7"], ["retry", "--all"]], ids=str
)
def test_a_database_that_is_away_is_a_sentence(
    program: None, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("DATABASE", "postgresql://127.0.0.1:1/shop")
    refused = jobs(*command)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: The database server 127.0.0.1:1 cannot be reached")
    assert "Traceback" not in refused.output
    shown = jobs(*command, "--debug")
    assert shown.exit_code == 1
    assert "Traceback (most recent call last):" in shown.stderr


def test_without_the_extra_it_says_what_to_install(
    program: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronghorn.cli.jobs_find.missing", lambda *names: names)
    refused = jobs("list")
    assert refused.exit_code == 1
    assert "which is in the extra 'jobs': pip install" in str(refused.exception)
    assert "dbos" in str(refused.exception)


def test_a_table_that_the_engine_needs_is_a_sentence(program: None) -> None:
    import sqlite3

    with closing(sqlite3.connect("jobs.db")) as connection, connection:
        connection.execute("CREATE TABLE workflow_status (mine)")
    refused = jobs("list")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: ")
    assert "workflow_status" in refused.stderr
    assert "Traceback" not in refused.output


@pytest.mark.parametrize(
    ("queue", "said"),
    [
        ("mail=", "--queue mail= is not a queue with the number of its jobs"),
        ("mail=0", "--queue mail=0 is not a queue with the number of its jobs"),
        ("mail=two", "--queue mail=two is not a queue with the number of its jobs"),
        ("=3", "--queue =3 is not a queue with the number of its jobs"),
        ("mial=3", "No task of the program has the queue mial\n  Did you mean --queue mail?\n"),
    ],
)
def test_a_wrong_queue_is_refused_before_the_program_starts(
    program: None, queue: str, said: str
) -> None:
    refused = jobs("run", "--queue", "default", "--queue", queue)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert not Path("jobs.db").exists()


# --- nodes and check ----------------------------------------------------------------------------


def test_nodes_lists_the_processes_that_live(program: None) -> None:
    assert call("nodes", FILE).stdout == "No process of this program is running\n"

    async def look(module: Any) -> None:
        import asyncio

        async with module.jobs.worker(module.app):
            printed = await asyncio.to_thread(_nodes_in_process)
        head, row = printed.splitlines()
        assert head.split() == [
            *("Node", "Role", "Host", "Process", "Version", "Started", "Seen", "State")
        ]
        assert re.search(rf"worker +\S+ +{os.getpid()} +\S+ +\d+ s ago +\d+ s ago +alive$", row)

    in_program(look)
    assert json.loads(call("nodes", FILE, "--json").stdout) == []


def _nodes_in_process() -> str:
    from tests.cli.processes import command

    done = command("nodes", FILE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_check_names_the_queues_and_the_file_of_sqlite(program: None) -> None:
    found = json.loads(call("check", FILE, "--json").stdout)
    assert {"name": "jobs", "value": "in the queues default, mail, slow"}.items() <= next(
        one for one in found["settings"] if one["name"] == "jobs"
    ).items()
    assert "jobs-sqlite" in [one["code"] for one in found["unsafe_in_production"]]
    assert "jobs-worker" not in json.dumps(found)
    assert not Path("jobs.db").exists()


def test_check_finds_jobs_that_nobody_runs(program: None) -> None:
    enqueue("send_receipt", 7)
    assert "jobs-worker" not in call("check", FILE, "--json").stdout

    async def make_old(module: Any) -> None:
        from sqlalchemy import text

        async with module.db.transaction() as session:
            await session.execute(text("UPDATE pronghorn_jobs SET due_at = due_at - 90000"))

    in_program(make_old)
    checked = call("check", FILE, "--strict", "--allow", "jobs-sqlite")
    assert checked.exit_code == 1
    assert (
        "Unsafe: 1 job has waited for more than a minute, and no worker is alive (jobs-worker)"
        in checked.stderr
    )


def test_check_of_a_program_without_jobs_has_no_line_about_them(write: Write) -> None:
    write(FILE, "from pronghorn import FastAPI\napp = FastAPI()\n")
    found = json.loads(call("check", FILE, "--json").stdout)
    assert "jobs" not in [one["name"] for one in found["settings"]]
