"""No client loses an answer when `pronghorn run` is told to end, and it ends in any case."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from benchmarks.hardening.leaving import follow_stream, leave_streams, load
from benchmarks.hardening.servers import ROOT, Server, start

PROGRAM = "tests.hardening.leaving_program:app"
#: A deadline for what takes a moment, on a machine that has much else to do.
PATIENCE = 40.0
pytestmark = pytest.mark.timeout(90)


@contextmanager
def running(*options: str, program: str = PROGRAM, **environment: str) -> Iterator[Server]:
    """`pronghorn run` with options."""
    with start("run", program, options, environment=environment) as server:
        yield server


@pytest.fixture(params=[(), ("--workers", "2", "--protocol", "asgi")], ids=" ".join)
def form(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """A way to run it."""
    options: tuple[str, ...] = request.param
    return options


def ask(server: Server, path: str = "/") -> Any:
    """The answer to a request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def ask_patiently(server: Server, path: str = "/") -> Any:
    """The answer to a request that is sent again while nobody answers."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return ask(server, path)
        except (OSError, http.client.HTTPException, ValueError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def wait_for(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_no_answer_is_lost_at_sigterm(form: tuple[str, ...]) -> None:
    with running(*form, "--drain", "2") as server:
        clients = asyncio.run(
            load(server.port, "/slow", 16, lambda: server.send_signal(signal.SIGTERM), 0.5, 1.2)
        )
        assert [client.lost for client in clients if client.lost] == []
        assert all(client.answered for client in clients)
        assert server.wait_for_end(PATIENCE) == 0
        assert "the lifespan ends" in server.read_output()


def test_while_it_drains() -> None:
    with running("--drain", "60") as server:
        kept = http.client.HTTPConnection("127.0.0.1", server.port)
        kept.request("GET", "/ready")
        response = kept.getresponse()
        assert (response.status, response.getheader("connection")) == (200, None)
        response.read()
        server.send_signal(signal.SIGTERM)
        wait_for(lambda: bool(ask(server, "/ready") == {"status": "draining"}))
        kept.request("GET", "/slow?seconds=0")  # on the connection from before
        response = kept.getresponse()
        assert (response.status, response.getheader("connection")) == (200, "close")
        assert json.loads(response.read()) == server.process_id
        kept.close()
        end_at_once_by(signal.SIGTERM, server)


def end_at_once_by(number: signal.Signals, server: Server) -> None:
    """Send a second signal, which ends a server with all of its processes."""
    family = server.processes()
    time.sleep(0.4)  # A signal that follows sooner is the same one, sent to a group.
    server.send_signal(number)
    assert server.wait_for_end(PATIENCE) == 128 + number
    wait_for(lambda: not any(is_alive(process) for process in family))


def is_alive(number: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_ctrl_c_does_not_drain() -> None:
    with running("--drain", "60") as server:
        ask(server)
        server.send_signal(signal.SIGINT)
        assert server.wait_for_end(PATIENCE) == 0
        assert "Draining" not in server.read_output()


def test_streams_and_sockets_end(form: tuple[str, ...]) -> None:
    with running(*form, "--drain", "0") as server:
        assert ask(server, "/later") == "sent"
        ended, codes = asyncio.run(leave_streams(server, 6, "/events", "/ws"))
        assert (ended, codes) == ([True] * 6, [1012] * 6)
        assert server.wait_for_end(PATIENCE) == 0
        told = [
            line for line in server.read_output().splitlines() if line.startswith(("the ", "a "))
        ]
        assert told.count("a stream is closed") == 6
        assert "the task is done" in told
        assert "the lifespan ends" in told


def test_streams_and_sockets_end_on_granian() -> None:
    with start("granian", PROGRAM) as server:
        ended, codes = asyncio.run(leave_streams(server, 4, "/events", "/ws"))
        assert (ended, codes) == ([True] * 4, [1012] * 4)
        assert server.wait_for_end(PATIENCE) == 0
        assert "the lifespan ends" in server.read_output()


@pytest.mark.parametrize("path", ["/made", "/lines"])
def test_streams_that_a_program_makes(path: str) -> None:
    """One of events ends early; a file is sent to its end."""
    with running("--drain", "0") as server:

        async def follow() -> bool:
            begun = asyncio.Event()
            following = asyncio.create_task(follow_stream(server.port, path, begun))
            await begun.wait()
            server.send_signal(signal.SIGTERM)
            return await asyncio.wait_for(following, PATIENCE)

        assert asyncio.run(follow())
        assert server.wait_for_end(PATIENCE) == 0


def ask_in_vain(server: Server) -> None:
    """Begin a request that takes longer than any test."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(b"GET /slow?seconds=600 HTTP/1.1\r\nHost: a\r\n\r\n")
    Thread(target=lambda: (connection.recv(1), connection.close()), daemon=True).start()
    ask(server)  # It has been read when a later one is answered.


def test_a_second_signal_ends_workers_at_once() -> None:
    with running("--workers", "2", "--drain", "60") as server:
        ask_in_vain(server)
        server.send_signal(signal.SIGTERM)
        wait_for(lambda: bool(ask(server, "/ready") == {"status": "draining"}))
        end_at_once_by(signal.SIGINT, server)


@pytest.mark.parametrize("hangs", [("0", 0), ("600", 1)], ids=["request", "lifespan"])
def test_a_request_or_a_lifespan_that_does_not_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangs: tuple[str, int]
) -> None:
    """The first is cancelled, the second ends the process; the times are those of a test."""
    (tmp_path / "hasty.py").write_text(
        "import pronghorn.adapters.uvicorn.server as server\n"
        "server.FOR_REQUESTS, server.FOR_LIFESPAN = 0.3, 1.0\n"
        "from tests.hardening.leaving_program import app\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = {"PYTHONPATH": path, "HARDENING_HANGS": hangs[0]}
    with running("--drain", "0", program="hasty:app", **environment) as server:
        ask_in_vain(server)
        server.send_signal(signal.SIGTERM)
        assert server.wait_for_end(PATIENCE) == hangs[1]
        assert "Cancel 1 running task" in server.read_output()
        assert ("has not ended in" in server.read_output()) == bool(hangs[1])


# --- the supervisor ---------------------------------------------------------------------------


def test_a_killed_worker_is_replaced_and_others_go_on() -> None:
    with running("--workers", "2") as server:
        victim = ask(server)
        clients = asyncio.run(
            load(server.port, "/slow", 8, lambda: os.kill(victim, signal.SIGKILL), 0.5, 1.5)
        )
        lost_by = {number for client in clients for number in client.lost_by}
        assert lost_by <= {victim, None}
        assert all(len(client.lost) <= 1 for client in clients)
        wait_for(lambda: len(server.processes()) >= 3)
        assert f"Child process [{victim}] died (signal SIGKILL)" in server.read_output()


FLAWED = """
import os, sys, time
from pathlib import Path
from pronghorn import FastAPI

app = FastAPI()


@app.get("/")
def read() -> int:
    return os.getpid()


if Path({flag!r}).exists():
    print("It is worse now.", flush=True)
    {what}
"""


@contextmanager
def running_flawed(folder: Path, what: str, *options: str) -> Iterator[tuple[Server, Path]]:
    """A program that does something while it is imported, as soon as a file exists."""
    flag = folder / "worse"
    (folder / "flawed.py").write_text(FLAWED.format(flag=str(flag), what=what))
    path = os.pathsep.join([str(folder), str(ROOT)])
    with running(*options, program="flawed:app", PYTHONPATH=path) as server:
        yield server, flag


def test_a_new_worker_that_does_not_start_leaves_the_old_one(tmp_path: Path) -> None:
    """Nor is a worker that crashes again and again restarted at full speed."""
    with running_flawed(tmp_path, "os._exit(7)", "--workers", "1") as (server, flag):
        old = ask(server)
        flag.touch()
        server.send_signal(signal.SIGHUP)
        wait_for(lambda: "did not start; the old ones stay" in server.read_output())
        assert ask(server) == old
        os.kill(old, signal.SIGKILL)
        wait_for(lambda: "is replaced in 0.25 seconds" in server.read_output())
        flag.unlink()
        assert ask_patiently(server) != old


def test_workers_that_cannot_start_end_the_command(tmp_path: Path) -> None:
    """The first start fails, although the command could import the program."""
    (tmp_path / "broken.py").write_text(
        "import multiprocessing, os\n"
        "from pronghorn import FastAPI\n"
        "app = FastAPI()\n"
        "if multiprocessing.parent_process():\n"
        "    os._exit(9)\n"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    command = [sys.executable, "-m", "pronghorn", "run", "--entrypoint", "broken:app"]
    ended = subprocess.run(
        [*command, "--workers", "2", "--port", "0"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 9
    assert b"failed to start, stopping the parent process" in ended.stderr
