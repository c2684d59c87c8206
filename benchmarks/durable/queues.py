"""Measure the queues: how fast they take jobs, run them, and begin one that comes alone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.durable.contestants import CONTESTANTS
from benchmarks.durable.stores import Stores
from benchmarks.record import ROOT, MeasurementError, ask, medians

MODULE = "benchmarks.durable.drive"
#: How long a process may take.
SECONDS = 150.0


def measure_all(
    python: Path, stores: Stores, names: Iterable[str], rounds: int, jobs: int, alone: int
) -> dict[str, Any]:
    """Measure contestants in turn.

    Args:
        python: The interpreter of the environment.
        stores: Where each gets an empty store.
        names: The contestants.
        rounds: How often their rates are measured; the medians count.
        jobs: The jobs of a round.
        alone: The jobs that come one at a time.
    """
    names = list(names)
    rates: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names if turn % 2 == 0 else reversed(names):
            rates[name].append(try_twice(measure_rates, python, stores, name, jobs))
            print(f"{CONTESTANTS[name].title}: {show(rates[name][-1])}", flush=True)
    found = {}
    for name in names:
        delays = try_twice(measure_delays, python, stores, name, alone)
        print(f"{CONTESTANTS[name].title}: {show(delays)}", flush=True)
        found[name] = {"title": CONTESTANTS[name].title, **medians(rates[name]), **delays}
    return found


def try_twice(measure: Callable[..., dict[str, float]], *arguments: Any) -> dict[str, float]:
    """Return a measurement; one that fails is made once more, so that a run is not in vain.

    Raises:
        MeasurementError: The second one has failed, too.
    """
    try:
        return measure(*arguments)
    except MeasurementError as error:
        print(f"Once more: {error}", flush=True)
        return measure(*arguments)


def show(figures: dict[str, float]) -> str:
    """Return figures as a line of a log."""
    return ", ".join(f"{name} {value:,.1f}" for name, value in figures.items())


def measure_rates(python: Path, stores: Stores, name: str, jobs: int) -> dict[str, float]:
    """Return how many jobs a second one process enqueues, and another one then runs."""
    url = stores.make(CONTESTANTS[name].store)
    ask(python, MODULE, "prepare", name, url, seconds=SECONDS)
    sent = ask(python, MODULE, "enqueue", name, url, jobs, seconds=SECONDS)
    done = ask(python, MODULE, "run", name, url, jobs, seconds=SECONDS)
    return {"enqueued_per_second": sent["per_second"], "run_per_second": done["per_second"]}


def measure_delays(python: Path, stores: Stores, name: str, jobs: int) -> dict[str, float]:
    """Return the milliseconds until a job begins in a process that has nothing else to do."""
    url = stores.make(CONTESTANTS[name].store)
    ask(python, MODULE, "prepare", name, url, seconds=SECONDS)
    command = [str(python), "-m", MODULE, "wait", name, url, str(jobs)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
        try:
            if worker.stdout is None or worker.stdout.readline() != "ready\n":
                raise MeasurementError(f"The worker of {name} did not start.")
            ask(python, MODULE, "send", name, url, jobs, seconds=SECONDS)
            output, _ = worker.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise MeasurementError(f"The worker of {name} did not get all jobs.") from None
        finally:
            worker.kill()
    if worker.returncode:
        raise MeasurementError(f"The worker of {name} has failed.")
    return percentiles(json.loads(output.splitlines()[-1])["milliseconds"])


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    """Return the median and the 99th percentile."""
    hundredths = quantiles(milliseconds, n=100, method="inclusive")
    return {
        "p50_milliseconds": round(hundredths[49], 2),
        "p99_milliseconds": round(hundredths[98], 2),
    }
