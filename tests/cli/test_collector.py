"""The garbage collector rests while the command line loads, and works while a command runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.processes import STARTED, served

Write = Callable[..., Path]

#: Runs the command line, and says at the exit of the process how many objects nobody looks at.
COMMAND = """
import atexit, gc, sys
{before}
atexit.register(lambda: print("frozen", gc.get_freeze_count() > 0, "on", gc.isenabled()))
from pronghorn.cli import main
main()
"""
PROGRAM = """
import gc
from pronghorn import FastAPI

app = FastAPI()
print("program", gc.isenabled())
"""


def run(*arguments: str, before: str = "") -> list[str]:
    """Return the lines that a command prints, standard error first."""
    command = [sys.executable, "-c", COMMAND.format(before=before), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stderr + done.stdout).splitlines()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["nonsense"]])
def test_nobody_looks_for_garbage_after_a_help_text(arguments: list[str]) -> None:
    assert run(*arguments)[-1] == "frozen True on True"


def test_the_collector_works_for_a_program(write: Write) -> None:
    write("main.py", PROGRAM)
    lines = run("routes")
    assert "program True" in lines
    assert lines[-1] == "frozen False on True"


def test_a_collector_that_was_off_stays_off(write: Write) -> None:
    write("main.py", PROGRAM)
    lines = run("routes", before="gc.disable()")
    assert "program False" in lines
    assert lines[-1] == "frozen False on False"


FROZEN = """
import gc
from pronghorn import FastAPI

app = FastAPI()


@app.get("/")
async def read() -> list[bool]:
    return [gc.get_freeze_count() > 10_000, gc.isenabled()]
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run"], [True, True]),
        (["run", "--server", "granian"], [True, True]),
        (["dev", "--no-reload"], [False, True]),
    ],
)
def test_a_served_program_is_left_out_of_the_search(
    write: Write, arguments: list[str], expected: list[bool]
) -> None:
    write("main.py", FROZEN)
    with served(
        *arguments, started="Started worker" if "granian" in arguments else STARTED
    ) as server:
        assert server.get() == expected
