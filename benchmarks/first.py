"""Measure what a process costs until its first answers, beside FastAPI and the parts of both.

    python -m benchmarks.first                   about a minute
    python -m benchmarks.first --rounds 40       more rounds
    python -m benchmarks.first --instructions    also counts instructions, with valgrind

Each program runs in turn, once per round, in a process of its own that ends with its last answer.
The time is that of the processor, of the user and of the system. The parts say what would remain
if a framework were nothing but Pydantic and Starlette. It needs both frameworks in its environment.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.record import ROOT, table

MODEL = """
from pydantic import BaseModel
class Item(BaseModel):
    name: str
    price: float
    tags: list[str] = []
"""
LOOP = """
import asyncio
async def nothing(): ...
asyncio.run(nothing())
"""
STARLETTE = "from starlette.applications import Starlette\n"
SMALL = """
import asyncio
app = FastAPI()

@app.get("/items/{item_id}")
async def read_item(item_id: int, q: str | None = None):
    return {"item_id": item_id, "q": q}

@app.post("/items")
async def create_item(item: Item) -> Item:
    return item

async def ask(method, path, body=b""):
    async def receive():
        return {"type": "http.request", "body": body}
    async def send(message):
        assert message.get("status", 200) == 200
    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "http_version": "1.1", "method": method, "path": path,
             "scheme": "http", "root_path": "", "query_string": b"q=x", "headers": headers}
    await app(scope, receive, send)
"""
ANSWERS = """
async def main():
    await ask("GET", "/items/3")
    await ask("POST", "/items", b'{"name": "a", "price": 1.5}')

asyncio.run(main())
"""
#: Leaves out what a process does when it ends; a server does it after its last answer.
END = "\nimport os; os._exit(0)\n"
PROGRAMS = {
    "FastAPI": "from fastapi import FastAPI\n" + MODEL + SMALL + ANSWERS + END,
    "pronghorn": "from pronghorn import FastAPI\n" + MODEL + SMALL + ANSWERS + END,
    "Python": END,
    "+ asyncio": LOOP + END,
    "+ Pydantic and a model": MODEL + LOOP + END,
    "+ Starlette": STARLETTE + MODEL + LOOP + END,
}


def write_programs(folder: Path) -> dict[str, list[str]]:
    """Write the programs into a folder, and return the command that runs each."""
    commands = {}
    for number, (name, program) in enumerate(PROGRAMS.items()):
        file = folder / f"program_{number}.py"
        file.write_text(program, "utf-8")
        commands[name] = [sys.executable, str(file)]
    return {**commands, "pronghorn --help": [sys.executable, "-m", "pronghorn", "--help"]}


def measure_time(command: Sequence[str]) -> float:
    """Run a command, and return the milliseconds of the processor that it took."""
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], command, os.environ, file_actions=silent)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"This failed: {' '.join(command)}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def count_instructions(command: Sequence[str]) -> float:
    """Return the millions of instructions that a command executes, which no other load changes."""
    counting = ["valgrind", "--tool=cachegrind", "--cache-sim=no"]
    counting.append("--cachegrind-out-file=" + os.devnull)
    done = subprocess.run(
        [*counting, *command],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    line = next(line for line in done.stderr.splitlines() if "refs:" in line)
    return int(line.rpartition(":")[2].replace(",", "")) / 1e6


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--instructions", action="store_true")
    options = parser.parse_args(arguments)
    if options.instructions and shutil.which("valgrind") is None:
        parser.error("--instructions needs valgrind")
    os.environ["PYTHONPATH"] = str(ROOT)
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(ROOT / "pronghorn")], check=True)
    with TemporaryDirectory() as folder:
        print(table(compare(write_programs(Path(folder)), options)))
    print("Load of the machine:", *(f"{load:.1f}" for load in os.getloadavg()))
    return 0


def compare(
    commands: Mapping[str, Sequence[str]], options: argparse.Namespace
) -> list[tuple[str, ...]]:
    """Run all commands in turn, and return the rows of a table."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            times[name].append(measure_time(command))
    rows = [("", "ms, median", "ms, least", "of FastAPI", "million instructions")]
    whole = median(times["FastAPI"])
    for name, command in commands.items():
        counted = f"{count_instructions(command):.0f}" if options.instructions else "-"
        middle, least = median(times[name]), min(times[name])
        rows.append((name, f"{middle:.0f}", f"{least:.0f}", f"{middle / whole:.2f}", counted))
    return rows


if __name__ == "__main__":
    sys.exit(main())
