"""`--watchdog` names the line that blocks the event loop, and no other."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.processes import PROJECT, Server, served

PROGRAM = "tests.logs.watched_program:app"
SOURCE = (Path(__file__).parent / "watched_program.py").read_text("utf-8").splitlines()
FILE = "tests/logs/watched_program.py"
ADVICE = (
    "No other request was answered meanwhile. Declare the endpoint or dependency with `def`, await "
    "`run_in_threadpool(...)`, or use an async library."
)
UP = {"uvicorn": "Application startup complete.", "granian": "Started worker"}


def line_after(text: str, skipped: int = 1) -> int:
    """The number of a line of the program that comes after a text."""
    return next(number for number, line in enumerate(SOURCE, 1) if text in line) + skipped


def reports(server: Server) -> list[Any]:
    """What the watchdog has logged; the server has ended."""
    found = [json.loads(line) for line in server.lines if line.startswith("{")]
    return [line for line in found if line["logger"] == "pronghorn.watchdog"]


def block(server: Server, path: str, text: str) -> None:
    """Request a path that blocks until that is reported.

    On a busy machine the watchdog may get no turn while the loop is blocked, and then says nothing.
    """
    while not server.has_printed(text):
        server.get(path)


@pytest.mark.parametrize("server", ["uvicorn", "granian"])
def test_lines_that_block(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    options = ["run", "--entrypoint", PROGRAM, "--server", server, "--host", "127.0.0.1"]
    options += ["--log-format", "json", "--watchdog", "100"]
    with served(*options, started=UP[server]) as running:
        for path in ("/text", "/thread", "/awaits", "/imports"):
            running.get(path)
        block(running, "/sleeps", '"sleep_in_loop"')
        running.get("/sleeps")
        block(running, "/works", '"count"')
        block(running, "/depends", '"wait_in_dependency"')
        running.stop()
    found = reports(running)
    assert [(line["level"], line["file"], line["function"]) for line in found] == [
        ("WARNING", FILE, "sleep_in_loop"),  # Once, although it has blocked twice.
        ("WARNING", FILE, "count"),
        ("WARNING", FILE, "wait_in_dependency"),
    ]
    sleeps, works, depends = found
    assert sleeps["line"] == line_after("def sleep_in_loop")
    assert works["line"] in {line_after("def count"), line_after("def count", 2)}
    assert depends["line"] == line_after("def wait_in_dependency", 2)
    expected = (
        r"The event loop was blocked for \d+ ms: `time\.sleep\(SECONDS\)  # noqa: ASYNC251` at "
        rf"{FILE}:{sleeps['line']} in sleep_in_loop\. {re.escape(ADVICE)}"
    )
    assert re.fullmatch(expected, sleeps["message"])
    assert 200 <= sleeps["blocked_ms"] <= 5000


def test_lines_of_a_loop_are_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the loop awaits: then each of its lines blocks by itself."""
    loop = line_after("def block_in_loop", 2)
    way = line_after("def give_way_in_loop", 3)
    lines = line_after("def block_in_lines")
    monkeypatch.chdir(PROJECT)
    options = ["run", "--entrypoint", PROGRAM, "--host", "127.0.0.1", "--log-format", "json"]
    with served(*options, "--watchdog", "100") as running:
        block(running, "/loops/first", '"block_in_loop"')
        for _ in range(2):
            running.get("/loops/second")
        for path, line in (("gives-way", way), ("lines", lines)):
            block(running, f"/{path}/first", f'"line": {line},')
            block(running, f"/{path}/second", f'"line": {line + 1},')
        running.stop()
    assert [line["line"] for line in reports(running)] == [loop, way, way + 1, lines, lines + 1]


def test_dev_watches_by_default_in_the_plain_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    with served("dev", "--no-reload", "--entrypoint", PROGRAM) as running:
        block(running, "/sleeps", "The event loop was blocked for ")
        running.stop()
    assert running.output.count("WARNING:  The event loop was blocked for ") == 1


def test_nobody_watches_without_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    with served("run", "--entrypoint", PROGRAM, "--host", "127.0.0.1") as running:
        running.get("/sleeps")
        tasks = Path(f"/proc/{running.process.pid}/task")
        names = {file.read_text().strip() for file in tasks.glob("*/comm")}
        running.stop()
    assert "pronghorn-watch" not in names
    assert "event loop" not in running.output


def test_a_process_that_was_stopped_did_not_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    options = ["--entrypoint", PROGRAM, "--host", "127.0.0.1", "--log-format", "json"]
    with served("run", *options, PRONGHORN_WATCHDOG="100") as running:
        running.get("/text")
        running.process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        running.process.send_signal(signal.SIGCONT)
        running.get("/text")
        running.get("/sleeps")  # Its report is the first.
        running.wait_for("in sleep_in_loop")
        running.stop()
    assert [line["function"] for line in reports(running)] == ["sleep_in_loop"]
