"""The processor time of a request on a server of one and of two processes.

The server and the client share the machine, so requests per second would show the client, and
other programs; the processor time of the processes of the server does not depend on them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.processes import StartError
from benchmarks.record import MeasurementError
from benchmarks.wire.contenders import BASE, CORE, Contender
from benchmarks.wire.load import requests_per_second
from benchmarks.wire.serving import Running

WORKERS = (1, 2)
SECONDS = 2
NAMES = {"fastapi": BASE, "pronghorn": "pronghorn run"}


def measure(python: Path, rounds: int) -> dict[str, Any]:
    """Return workers -> framework -> microseconds of a GET and of a POST: the best round."""
    found: dict[str, Any] = {}
    for workers in WORKERS:
        sides: dict[str, Any] = {name: {} for name in NAMES}
        for _ in range(rounds):
            for name, row in NAMES.items():
                for method, cost in _costs(python, row, workers).items():
                    sides[name][method] = min(cost, sides[name].get(method, cost))
        found[str(workers)] = sides
    return found


def _costs(python: Path, row: str, workers: int) -> dict[str, float]:
    base = next(one for one in CORE if one.name == row)
    contender = Contender(row, (*base.command, "--workers", str(workers)), base.environment)
    try:
        running = Running(contender, python, None)
    except StartError as error:
        raise MeasurementError(f"{row} with {workers} workers: {error}") from error
    try:
        return {method: _cost(running, method) for method in ("GET", "POST")}
    finally:
        running.stop()


def _cost(running: Running, method: str) -> float:
    before = running.cpu_seconds()
    rate = requests_per_second(method, running.url_of(method), SECONDS, None)
    return (running.cpu_seconds() - before) / (rate * SECONDS) * 1e6
