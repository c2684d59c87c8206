"""Measure what error trackers and tracers add to a request, on FastAPI and on pronghorn.

    make bench-watched                        every tool; writes results/watched.json
    make bench-watched ARGS="--only sentry"   tools whose name contains a text; writes nothing

For each tool two processes run the same program, one on each framework, and answer in turn. What
counts is their processor time: the figure of each is the tenth percentile of its short rounds,
since what else the machine does can only add to it. A tool adds what its figure has above that
without a tool. Before timing, both answers must be the same.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.record import FRAMEWORKS, ROOT, MeasurementError, environment, table, write
from benchmarks.run import is_chosen, none_chosen
from benchmarks.watched.tools import SDK, TOOLS
from tools.ecosystem import read_requirements
from tools.environment import (
    PreparationError,
    create,
    fingerprint,
    is_current,
    python_of,
    read_pyproject,
)

ENVIRONMENT = ROOT / ".venv-watched"
REFERENCE = "fastapi==0.165.0"
#: The packages of the tools; their versions are those of the programs in tests/ecosystem.
PACKAGES = (
    "ddtrace",
    "logfire[fastapi]",
    "opentelemetry-instrumentation-fastapi",
    "prometheus-fastapi-instrumentator",
    "sentry-sdk",
)
REQUESTS = 60


def prepare() -> Path:
    """Make the environment with both frameworks and the tools; return its interpreter."""
    project = read_pyproject(ROOT / "pyproject.toml")["project"]
    extras = project["optional-dependencies"]
    pinned = [each for each in read_requirements() if each.partition("==")[0] in PACKAGES]
    requirements = sorted({REFERENCE, *project["dependencies"], *extras["standard"], *pinned})
    stamp = fingerprint(requirements)
    if not is_current(ENVIRONMENT, stamp):
        create(ENVIRONMENT, requirements, stamp)
    return python_of(ENVIRONMENT)


class Worker:
    """A process with a program on one framework, watched by one tool."""

    def __init__(self, python: Path, framework: str, tool: str) -> None:
        self._name = f"{tool} on {framework}"
        command = [str(python), "-W", "ignore", "-m", "benchmarks.watched.worker", framework, tool]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.answer = self._read()
        self.times: list[float] = []

    def _read(self) -> str:
        assert self._process.stdout is not None  # It is a pipe.
        line = self._process.stdout.readline()
        if not line:
            raise MeasurementError(f"{self._name} has ended.")
        return line

    def run_round(self) -> None:
        """Answer some requests, and keep their time."""
        assert self._process.stdin is not None  # It is a pipe.
        self._process.stdin.write(f"{REQUESTS}\n")
        self._process.stdin.flush()
        self.times.append(float(self._read()))

    def end(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.communicate()


def measure(python: Path, tool: str, rounds: int) -> dict[str, float]:
    """Return the microseconds of one request on each framework, watched by a tool.

    For the built-in telemetry, those of OpenTelemetry's SDK alone join them, in the same rounds.
    """
    sides = (*FRAMEWORKS, SDK) if tool == "built-in" else FRAMEWORKS
    workers = [Worker(python, side, tool) for side in sides]
    try:
        if workers[0].answer != workers[1].answer:
            raise MeasurementError(f"{tool}: {workers[0].answer} is not {workers[1].answer}")
        for turn in range(rounds):
            for worker in workers if turn % 2 == 0 else reversed(workers):
                worker.run_round()
    finally:
        for worker in workers:
            worker.end()
    return {
        side: round(quantiles(worker.times, n=10)[0], 1)
        for side, worker in zip(sides, workers, strict=True)
    }


def add_costs(found: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Return the figures with what each tool adds, and the quotient of both."""
    bare = found["bare"]
    rows: dict[str, Any] = {}
    for tool, figures in found.items():
        added = {name: round(figures[name] - bare[name], 1) for name in FRAMEWORKS}
        share = added["pronghorn"] / added["fastapi"] if tool != "bare" else None
        rows[tool] = {"title": TOOLS[tool].title, "microseconds": figures, "adds": added}
        rows[tool]["share"] = share and round(share, 2)
    return rows


def table_of(rows: dict[str, dict[str, Any]]) -> str:
    """Return the figures as a table; a share below 1 means that the tool costs less here."""
    names = [f"{what}, {name}" for what in ("µs", "adds") for name in FRAMEWORKS]
    cells = [("watched by", *names, "share")]
    for row in rows.values():
        us, adds = (
            [f"{row[key][name]:.1f}" for name in FRAMEWORKS] for key in ("microseconds", "adds")
        )
        is_bare = row["share"] is None
        cells.append((row["title"], *us, *(["", "", ""] if is_bare else [*adds, row["share"]])))
    return table(cells)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures, and write them. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="make bench-watched",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="", help="tools whose name contains a text")
    parser.add_argument("--rounds", type=int, default=100, help="short ones; 100 by default")
    options = parser.parse_args(arguments)
    names = [name for name in TOOLS if is_chosen(f"{name} {TOOLS[name].title}", [options.only])]
    if not names:
        parser.error(none_chosen("tool", [options.only], list(TOOLS)))
    names = list(dict.fromkeys(["bare", *names]))
    try:
        python = prepare()
        found = {name: measure(python, name, options.rounds) for name in names}
        alone = found.get("built-in", {}).pop(SDK, None)
        rows = add_costs(found)
    except (PreparationError, MeasurementError) as error:
        print(error, file=sys.stderr)
        return 1
    print(table_of(rows))
    if alone is not None:
        print(f"OpenTelemetry's SDK alone, for the spans of the built-in telemetry: {alone} µs")
    if not options.only:
        write("watched", {**environment(python), "tools": rows, "sdk_alone": alone})
    return 0


if __name__ == "__main__":
    sys.exit(main())
