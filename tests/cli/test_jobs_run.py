"""Processes that run jobs: `pronghorn jobs run`, and `--jobs` beside requests."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Write
from tests.cli.jobs_program import NAME, PROGRAM, in_program, write_program
from tests.cli.processes import STARTED, Server, command, free_port, served
from tests.sql.servers import fresh_database
from tools.postgresql import Server as PostgreSQL

FILE = f"{NAME}.py"
PATIENCE = 60
BESIDE = [
    pytest.param(("run", "--workers", "2"), id="run with workers"),
    pytest.param(("run", "--protocol", "asgi"), id="run over asgi"),
    pytest.param(("run", "--server", "granian"), id="run on granian"),
    pytest.param(("dev", "--no-reload", "--log-format", "json"), id="dev without reload"),
]


@pytest.fixture(autouse=True)
def no_other_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what other tests have made, which a process of its own would not have."""
    monkeypatch.setattr("pronghorn.sql.known._known", [])


@pytest.fixture
def program(write: Write) -> None:
    write_program(write)
    in_program(_nothing)  # The tables exist before several processes start.


async def _nothing(module: Any) -> None:
    """Do nothing but connect."""


def enqueue(task: str, *arguments: Any) -> str:
    async def store(module: Any) -> str:
        ref = await module.jobs.enqueue(getattr(module, task), *arguments)
        return str(ref.id)

    return str(in_program(store))


def state_of(job: str) -> str:
    async def read(module: Any) -> str:
        return str((await module.jobs.get(job)).state)

    return str(in_program(read))


def notes() -> list[str]:
    file = Path("notes.txt")
    return file.read_text().splitlines() if file.exists() else []


def wait_for_note(text: str, number: int = 1) -> list[str]:
    """Wait until so many notes begin with a text, and return those."""

    def found() -> list[str]:
        return [note for note in notes() if note.startswith(text)]

    wait_until(lambda: len(found()) >= number)
    return found()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, notes()
        time.sleep(0.02)


def working(*options: str, **variables: str) -> Any:
    return served("jobs", "run", FILE, *options, **variables)


# --- in a process of its own --------------------------------------------------------------------


def test_it_runs_what_another_process_stores_until_it_is_told_to_end(program: None) -> None:
    with working() as worker:
        assert f"  app      {NAME}:app\n" in worker.output
        assert "  queues   all\n" in worker.output
        enqueue("send_receipt", 7)
        assert wait_for_note("sent 7") == [f"sent 7 in {worker.process.pid}"]
        assert worker.stop() == 0
        assert notes()[-1] == "lifespan ended"
        assert "Traceback" not in worker.output


def test_postgresql(write: Write, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> None:
    write_program(write)
    with fresh_database(postgresql) as name:
        monkeypatch.setenv("DATABASE", postgresql.url(name, "asyncpg"))
        with working("--queue", "mail=2") as worker:
            enqueue("send_receipt", 7)
            wait_for_note("sent 7")
            dead = enqueue("fail", 8)  # Nobody works on its queue.
            nodes = json.loads(command("nodes", FILE, "--json").stdout)
            assert [node["process"] for node in nodes] == [worker.process.pid]
            assert state_of(dead) == "waiting"
            assert worker.stop() == 0
        assert json.loads(command("nodes", FILE, "--json").stdout) == []


def test_a_running_job_ends_before_the_process_does(program: None) -> None:
    with working() as worker:
        job = enqueue("wait", 1.5)
        wait_for_note("began")
        later = enqueue("send_receipt", 7)
        wait_for_note("sent 7")
        assert worker.stop() == 0
        assert notes()[-2:] == [f"waited in {worker.process.pid}", "lifespan ended"]
        assert "Running jobs of the queues default=10, mail=10, slow=10" in worker.output
        assert "Waiting for 1 running jobs, up to 25 seconds" in worker.output
    assert (state_of(job), state_of(later)) == ("done", "done")


def test_after_the_grace_jobs_are_given_back(program: None) -> None:
    with working("--grace", "0.2") as worker:
        job = enqueue("wait", 120)
        wait_for_note("began")
        assert worker.stop() == 0
        assert notes()[-1] == "lifespan ended"
    assert state_of(job) == "waiting"
    with working("--grace", "0") as worker:
        wait_for_note(f"began to wait in {worker.process.pid}")
        assert worker.stop() == 0
    assert state_of(job) == "waiting"


def test_a_running_job_is_cancelled(program: None) -> None:
    with working() as worker:
        job = enqueue("wait", 120)
        wait_for_note("began")
        cancelled = command("jobs", "cancel", job, FILE)
        assert cancelled.stdout == f"The job {job} is cancelled, and is interrupted in a moment\n"
        wait_for_note("interrupted")
        enqueue("send_receipt", 7)
        wait_for_note("sent 7")
        assert worker.stop() == 0
    assert state_of(job) == "cancelled"


def test_a_second_signal_ends_it_at_once_and_others_take_over(program: None) -> None:
    with working() as worker:
        job = enqueue("wait", 120)
        wait_for_note("began")
        worker.process.send_signal(signal.SIGTERM)
        worker.wait_for("Shutting down")
        time.sleep(0.5)  # Sooner, it would count as the same signal.
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait() == 128 + signal.SIGTERM
    assert "lifespan ended" not in notes()
    with working("--grace", "0") as worker:
        wait_for_note(f"began to wait in {worker.process.pid}")
        worker.stop()
    assert state_of(job) == "waiting"


def test_a_process_that_is_killed_is_replaced_and_loses_no_job(program: None) -> None:
    with working("--workers", "2", "--queue", "slow=1", "--grace", "0") as worker:
        for _ in range(2):
            enqueue("wait", 120)
        began = [int(note.rpartition(" ")[2]) for note in wait_for_note("began", 2)]
        assert len(set(began)) == 2
        assert worker.process.pid not in began
        os.kill(began[0], signal.SIGKILL)
        third = int(wait_for_note("began", 3)[2].rpartition(" ")[2])
        assert third not in began
        assert worker.stop() == 0


def test_the_probes_have_a_port_of_their_own(program: None) -> None:
    port = free_port()
    with working("--health-port", str(port), port=port) as worker:
        assert worker.get("/live") == {"status": "ok"}
        assert worker.get("/ready") == {"status": "ok"}
        assert worker.ask("/live", "HEAD") == (200, "")
        assert worker.ask("/live", "POST")[0] == 405
        assert worker.ask("/orders/7", "POST")[0] == 404
        assert f"  health   http://0.0.0.0:{port}/live\n" in worker.output
        refused = command("jobs", "run", FILE, "--health-port", str(port))
        assert worker.stop() == 0
    assert refused.returncode == 1
    assert "is in use" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_lines_of_json(program: None) -> None:
    with working("--log-format", "json") as worker:
        enqueue("fail", 7)
        wait_until(lambda: worker.has_printed("printer is on fire"))
        assert worker.stop() == 0
        lines = [json.loads(line) for line in worker.lines]
    assert lines[0]["message"] == "pronghorn jobs run"
    assert lines[0]["queues"] == "all"
    assert any("The printer is on fire" in json.dumps(line) for line in lines[1:])


@pytest.mark.parametrize("options", [[], ["--workers", "2"]], ids=str)
def test_a_program_that_does_not_start_is_a_sentence(
    write: Write, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    write_program(write)
    monkeypatch.setenv("DATABASE", "postgresql://127.0.0.1:1/shop")
    ended = command("jobs", "run", FILE, *options)
    output = ended.stdout + ended.stderr
    assert ended.returncode == 3, output
    assert "The database server 127.0.0.1:1 cannot be reached" in output
    assert "Traceback" not in output


def test_an_app_that_is_not_ours_cannot_run_jobs(write: Write) -> None:
    write_program(
        write, PROGRAM + "\nfrom starlette.applications import Starlette\nother = Starlette()\n"
    )
    ended = command("jobs", "run", FILE, "--app", "other")
    assert ended.returncode == 1
    assert "Error: The app is a Starlette, which cannot run jobs" in ended.stderr


# --- beside requests ----------------------------------------------------------------------------


@pytest.mark.parametrize("options", BESIDE)
def test_a_server_runs_what_its_requests_store(program: None, options: tuple[str, ...]) -> None:
    started = "Listening at" if "granian" in options else STARTED
    with served(options[0], FILE, "--jobs", *options[1:], started=started) as server:
        wait_until(lambda: _answers(server))
        wait_for_note("sent 7")
        assert _says_that_it_works(server)
        assert server.stop() == 0
        assert "lifespan ended" in notes()
        assert "Traceback" not in server.output


def _answers(server: Server) -> bool:
    try:
        return server.ask("/orders/7", "POST")[0] == 200
    except OSError:
        return False


def _says_that_it_works(server: Server) -> bool:
    return bool(re.search(r"jobs\W+run beside the requests, in each process", server.output))


@pytest.mark.parametrize("arguments", [("jobs", "run"), ("run", "--jobs")], ids=" ".join)
def test_a_factory(write: Write, arguments: tuple[str, ...]) -> None:
    """Both the command and the process that serves may call it."""
    source = PROGRAM.replace("FastAPI(lifespan=lifespan)\njobs.attach(app)", "make_app()")
    made = (
        FACTORY + source.split("app = make_app()")[1].replace("\n", "\n    ") + "\n    return app"
    )
    write_program(write, source.split("db = Database")[0] + made)
    words = arguments[:2] if arguments[0] == "jobs" else arguments[:1]
    with served(*words, FILE, "--factory", *arguments[len(words) :]) as server:
        if arguments[0] == "run":
            wait_until(lambda: _answers(server))
            wait_for_note("sent 7")
        assert server.stop() == 0


FACTORY = """
def make_app():
    db = Database("sqlite:///jobs.db")
    jobs = Jobs(db)
    app = FastAPI(lifespan=db.lifespan, jobs=jobs)
"""


def test_a_server_without_the_option_only_stores(program: None) -> None:
    with served("run", FILE, PRONGHORN_WORK='{"grace": 1}') as server:
        wait_until(lambda: _answers(server))
        job = json.loads(server.ask("/orders/8", "POST")[1])
        time.sleep(0.5)
        assert state_of(job) == "waiting"
        assert server.stop() == 0
    assert notes() == ["lifespan ended"]


def test_jobs_beside_requests_end_with_them(program: None) -> None:
    with served("run", FILE, "--jobs") as server:
        wait_until(lambda: _answers(server))
        job = json.loads(server.ask("/waits/1.5", "POST")[1])
        wait_for_note("began")
        assert server.stop() == 0
        assert notes()[-2:] == [f"waited in {server.process.pid}", "lifespan ended"]
    assert state_of(job) == "done"


def test_after_an_edit_the_new_process_works(program: None, write: Write) -> None:
    with served("dev", FILE, "--jobs") as server:
        wait_until(lambda: _answers(server))
        wait_for_note("sent 7")
        server.wait_until_watching(Path.cwd())
        write_program(write, PROGRAM.replace("sent {order_id}", "mailed {order_id}"))
        server.wait_for(STARTED)
        wait_until(lambda: _answers(server))
        wait_for_note("mailed 7")
