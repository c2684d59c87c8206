"""How the processes of `dev` and `run` end, whatever the program does and whoever ends first."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.processes import Server, environment, free_port, served

Write = Callable[..., Path]
pytestmark = pytest.mark.timeout(60)

APP = """
import os
from pronghorn import FastAPI

app = FastAPI()


@app.get("/")
def read():
    return os.getpid()
"""
SERVERS = {"uvicorn": [], "granian": ["--server", "granian"]}
STARTED = {"uvicorn": "Application startup complete.", "granian": "Started worker"}
SLOW = "import time\nprint('importing', flush=True)\ntime.sleep(3600)\n"


def processes_of(server: Server) -> set[int]:
    """The processes in the session of a server that have not ended."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = entry.read_text().rpartition(")")[2].split()[:4]
        except OSError:  # ended since it was listed
            continue
        if int(session) == server.process.pid and state != "Z":
            found.add(int(entry.parent.name))
    return found


def wait_until_all_have_ended(server: Server) -> None:
    while processes_of(server):
        time.sleep(0.05)


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("arguments", [["dev"], ["run", "--workers", "2"]], ids=" ".join)
def test_a_killed_parent_takes_its_children_along(
    write: Write, arguments: list[str], name: str
) -> None:
    write("main.py", APP)
    with served(*arguments, *SERVERS[name], started=STARTED[name]) as server:
        assert server.get("/") in processes_of(server)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        wait_until_all_have_ended(server)


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_the_import_of_an_edit(
    write: Write, name: str, number: signal.Signals
) -> None:
    file = write("main.py", APP)
    with served("dev", *SERVERS[name], started=STARTED[name]) as server:
        server.get("/")
        server.wait_until_watching(file.parent)
        file.write_text(SLOW + APP)
        server.wait_for("importing")
        os.killpg(server.process.pid, number)  # as a terminal does
        server.process.wait()
        wait_until_all_have_ended(server)
        server.stop()
    assert "never awaited" not in server.output


# Interrupts the command once the program is loaded and the event loop made, but nothing runs yet.
INTERRUPTED = """
import multiprocessing, os, signal, sys, time


def interrupt(frame, event, argument):
    if event == "return" and frame.f_code.co_name == "make_loop":
        sys.setprofile(None)
        print("made", flush=True)
        os.killpg(0, signal.SIGINT)
        time.sleep(3600)


sys.setprofile(interrupt)
"""


@pytest.mark.parametrize("arguments", [["run"], ["run", "--workers", "2"], ["dev"]], ids=" ".join)
def test_ctrl_c_between_the_import_and_the_server(write: Write, arguments: list[str]) -> None:
    write("main.py", INTERRUPTED + APP)
    with served(*arguments, started="made") as server:
        server.process.wait()
        wait_until_all_have_ended(server)
        server.stop()
    assert "never awaited" not in server.output
    assert "Traceback" not in server.output


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("arguments", [["dev"], ["run", "--workers", "2"], ["run"]], ids=" ".join)
def test_an_import_may_run_an_event_loop(write: Write, arguments: list[str], name: str) -> None:
    write("main.py", f"import asyncio\nasyncio.run(asyncio.sleep(0))\n{APP}")
    with served(*arguments, *SERVERS[name], started=STARTED[name]) as server:
        assert server.get("/") in processes_of(server)
        server.stop()


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize(
    "arguments",
    [["dev"], ["run", "--workers", "2", "--timeout-graceful-shutdown", "2"]],
    ids=["dev", "run --workers 2"],
)
def test_a_program_with_a_thread_that_does_not_end(
    write: Write, arguments: list[str], name: str
) -> None:
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(3600,)).start()\n"
    write("main.py", thread + APP)
    with served(*arguments, *SERVERS[name], started=STARTED[name]) as server:
        server.get("/")
        assert server.stop() == 0
        wait_until_all_have_ended(server)


def test_an_import_that_fails_in_a_worker_only(write: Write) -> None:
    broken = "import multiprocessing\nif multiprocessing.parent_process():\n    1 / 0\n"
    write("main.py", broken + APP)
    with served("run", "--workers", "2", started="Error: Importing module 'main' failed") as server:
        server.stop()
    assert "ZeroDivisionError" in server.output
    assert "never awaited" not in server.output


@pytest.mark.parametrize("closed", ["0", "1", "2", "01", "012"])
def test_standard_streams_that_are_closed(write: Write, closed: str) -> None:
    """A socket of the server would become the stream, and get what the program prints."""
    write("main.py", f"print('a text for the stream')\n{APP}")
    port = free_port()
    close = " ".join(f"{number}>&-" for number in closed)
    shell = f'exec "$0" -m pronghorn run --host 127.0.0.1 --port {port} {close}'
    process = subprocess.Popen(
        ["sh", "-c", shell, sys.executable],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None:
            with contextlib.suppress(OSError):
                answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
                assert answer == str(process.pid).encode()
                break
            time.sleep(0.1)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
