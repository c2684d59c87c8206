"""`make bench`: time the same applications on FastAPI and on pronghorn, and print the ratios.

make bench                       everything; writes benchmarks/results/latest.json
make bench ARGS="--only form"    the scenarios whose name contains a text
make bench ARGS=--check          compare with the committed result instead of writing it
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.results import Measurement
from tools.environment import (
    PreparationError,
    create,
    fingerprint,
    is_current,
    python_of,
    read_pyproject,
)

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv-bench"
#: What Starlette needs for its middleware for sessions.
SESSIONS = "itsdangerous>=2.2"
REFERENCE = "fastapi==0.165.0"
FRAMEWORKS = ("fastapi", "pronghorn")


@dataclass(frozen=True)
class Effort:
    """The number and the length of the rounds."""

    rounds: int
    seconds: float
    """The time of one round of one scenario on one framework."""


class Worker:
    """A process that runs the applications on one framework."""

    def __init__(self, python: Path, framework: str) -> None:
        self.framework = framework
        self.process = subprocess.Popen(
            [str(python), "-m", "benchmarks.drive", framework],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        # All on one core, as on a server: they take turns, so it is free. With two, each hop to a
        # worker thread wakes a sleeping core, which takes longer than everything else.
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self.process.pid, {min(os.sched_getaffinity(0))})

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send one command and return its answer."""
        if self.process.stdin is None or self.process.stdout is None:
            raise PreparationError("The worker has no pipes.")
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise PreparationError(f"The {self.framework} worker ended; its reason stands above.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def time(self, requests: int) -> float:
        """Return the microseconds per request of one round."""
        answer = self.ask(do="time", requests=requests)
        if "error" in answer:
            raise PreparationError(answer["error"])
        return float(answer["microseconds"])

    def stop(self) -> None:
        """End the process."""
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        self.process.wait(timeout=10)


def prepare_environment() -> Path:
    """Create the environment with FastAPI and the requirements of pronghorn; return its
    interpreter.
    """
    project = read_pyproject(ROOT / "pyproject.toml")["project"]
    standard = project["optional-dependencies"]["standard"]
    requirements = sorted({REFERENCE, SESSIONS, *project["dependencies"], *standard})
    stamp = fingerprint(requirements)
    if not is_current(ENVIRONMENT, stamp):
        create(ENVIRONMENT, requirements, stamp)
    return python_of(ENVIRONMENT)


def difference(answers: Sequence[dict[str, Any]]) -> str:
    """Return the difference between the responses of the workers; empty if they agree."""
    for answer, framework in zip(answers, FRAMEWORKS, strict=False):
        if "error" in answer:
            return f"{framework}: {answer['error'].strip().splitlines()[-1]}"
        if answer["status"] != answer["expected_status"]:
            return f"{framework}: status {answer['status']}, not {answer['expected_status']}"
    first, last = answers[0], answers[-1]
    parts = [name for name in ("status", "body", "headers") if first[name] != last[name]]
    return f"not the same {' and '.join(parts)}" if parts else ""


def measure(
    workers: Sequence[Worker], number: int, scenario: dict[str, Any], effort: Effort
) -> Measurement:
    """Load a scenario on every worker, compare the responses, and time rounds in turn."""
    measurement = Measurement(scenario["name"], scenario["is_routing"])
    answers = [worker.ask(do="load", scenario=number) for worker in workers]
    measurement.problem = difference(answers)
    if measurement.problem:
        return measurement
    requests = [
        max(20, int(effort.seconds * 1e6 / min(worker.time(50), worker.time(50))))
        for worker in workers
    ]
    pairs = list(zip(workers, requests, strict=True))
    for turn in range(effort.rounds):
        # Each goes first every other round, so that a drift of the machine affects both.
        for worker, count in pairs if turn % 2 == 0 else reversed(pairs):
            measurement.rounds.setdefault(worker.framework, []).append(worker.time(count))
    return measurement


def is_chosen(name: str, texts: Sequence[str] | None) -> bool:
    """Return True if a name contains one of the texts; every name is chosen without texts."""
    return any(text.lower() in name.lower() for text in texts or [""])


def none_chosen(kind: str, texts: Sequence[str], names: Sequence[str]) -> str:
    """Return the error for texts that no name contains."""
    return f"No {kind} has {' or '.join(texts)} in its name; they are: {'; '.join(names)}"


def measure_all(python: Path, options: argparse.Namespace) -> results.Result:
    """Start the workers, measure the chosen scenarios, and print a line for each."""
    frameworks = [options.side] if options.side else FRAMEWORKS
    workers = [Worker(python, framework) for framework in frameworks]
    try:
        facts = [worker.ask(do="list") for worker in workers][-1]
        print(results.heading(facts), flush=True)
        effort = Effort(options.rounds, options.seconds)
        names = [scenario["name"] for scenario in facts["scenarios"]]
        if not any(is_chosen(name, options.only) for name in names):
            raise PreparationError(none_chosen("scenario", options.only, names))
        measurements = []
        for number, scenario in enumerate(facts["scenarios"]):
            if is_chosen(scenario["name"], options.only):
                measurement = measure(workers, number, scenario, effort)
                print(results.row(measurement), flush=True)
                measurements.append(measurement)
        return results.Result(facts, measurements)
    finally:
        for worker in workers:
            worker.stop()


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", action="append", metavar="TEXT", help="part of a scenario's name")
    parser.add_argument("--side", choices=FRAMEWORKS, help="measure one framework")
    parser.add_argument("--check", action="store_true", help="compare with the committed result")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=0.15, help="of one round")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    options = parse_arguments(arguments)
    started = time.monotonic()
    try:
        result = measure_all(prepare_environment(), options)
    except PreparationError as error:
        print(error, file=sys.stderr)
        return 1
    print(results.summary(result))
    print(f"{time.monotonic() - started:.0f} s")
    if any(measurement.problem for measurement in result.measurements):
        return 1
    if options.check:
        return check(result)
    if not options.only and not options.side:
        results.LATEST.write_text(results.document(result), encoding="utf-8")
        print(f"Written to {results.LATEST.relative_to(ROOT)}.")
    return 0


def check(result: results.Result) -> int:
    """Compare with the committed result; fail if the mean ratio fell by more than the noise."""
    if not results.LATEST.exists():
        print("Nothing is committed to compare with: make bench")
        return 0
    committed = json.loads(results.LATEST.read_text(encoding="utf-8"))
    slower = results.slower_than_noise(result, committed)
    print("\n".join(slower) or "No scenario is slower than the committed result, noise aside.")
    before = statistics.geometric_mean(
        one["ratio"] for one in committed["scenarios"] if one["name"] in result.ratios
    )
    now = statistics.geometric_mean(result.ratios.values())
    print(f"Geometric mean {now:.2f}, committed {before:.2f}.")
    return 1 if now < before * results.NOISE else 0


if __name__ == "__main__":
    sys.exit(main())
