"""The rounds: FastAPI runs all the time, and the contestants one after the other beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from benchmarks.processes import StartError
from benchmarks.service import databases
from benchmarks.service.answers import collect, compare, sign_in
from benchmarks.service.contestants import BASE, Contestant
from benchmarks.service.data import variables
from benchmarks.service.environments import prepare
from benchmarks.service.environments import variables as of_environment
from benchmarks.service.load import LoadError, full_load, steady_load
from benchmarks.service.report import Figures, Round, Row
from benchmarks.service.requests import KINDS, SIGNED_IN, Request, make_load
from benchmarks.service.serving import Running
from tools.environment import PreparationError

WARM_UP_SECONDS = 1


@dataclass(frozen=True)
class Options:
    """The length of a measurement.

    Attributes:
        rounds: Rounds for each endpoint and contestant.
        seconds: The seconds of a round.
        steady_seconds: The seconds of the measurement at half of the full load; 0 for none.
        kinds: The endpoints, and the mix.
    """

    rounds: int = 3
    seconds: int = 3
    steady_seconds: int = 5
    kinds: Sequence[str] = KINDS


def choose_cores() -> tuple[int | None, int | None]:
    """Return the core of the server, and that of the load and of PostgreSQL."""
    available = sorted(os.sched_getaffinity(0))
    return (available[0], available[1]) if len(available) > 1 else (None, None)


class Bench:
    """The contestants on one kind of database.

    Args:
        kind: The kind of database.
        options: How long to measure.
    """

    def __init__(self, kind: str, options: Options) -> None:
        self._options = options
        self._numbers = count(1)
        self._server_core, self._load_core = choose_cores()
        self._python = prepare(BASE.environment)
        self._databases = databases.start(kind, self._python, self._load_core)
        try:
            self._base = self._start(BASE)
            self._expected = collect(self._base)
        except BaseException:
            self._databases.stop()
            raise

    def stop(self) -> None:
        """Stop the base, and remove the databases."""
        self._base.stop()
        self._databases.stop()

    def measure(self, contestant: Contestant) -> Row:
        """Start a contestant, compare its answers, time it in turn with the base, and stop it."""
        row = Row(contestant.name)
        running = self._base
        try:
            if contestant is not BASE:
                running = self._start(contestant)
                compare(contestant.name, collect(running), self._expected)
            for kind in self._options.kinds:
                row.kinds[kind] = self._figures(running, kind)
        except (StartError, PreparationError, LoadError) as error:
            row.problem = str(error)
        finally:
            if running is not self._base:
                running.stop()
        return row

    def _start(self, contestant: Contestant) -> Running:
        interpreter = prepare(contestant.environment)
        url = self._databases.make(f"shop{next(self._numbers)}")
        found = {**of_environment(contestant.environment), **variables(url)}
        return Running(contestant, interpreter, found, self._server_core)

    def _figures(self, running: Running, kind: str) -> Figures:
        loads = {one: make_load(kind, sign_in(one, SIGNED_IN)) for one in {self._base, running}}
        for one, load in loads.items():
            full_load(one.url, load, WARM_UP_SECONDS, self._load_core)
        figures = Figures()
        for turn in range(self._options.rounds):
            order = [self._base, running] if turn % 2 == 0 else [running, self._base]
            found = {one: self._round(one, loads[one]) for one in dict.fromkeys(order)}
            figures.rounds.append((found[running], found[self._base]))
        if self._options.steady_seconds:
            rate = figures.median("requests_per_second") / 2
            figures.steady = self._steady(running, loads[running], rate)
        return figures

    def _round(self, running: Running, load: Sequence[Request]) -> Round:
        seconds = self._options.seconds
        server, database = running.cpu_seconds(), self._databases.cpu_seconds()
        rate = full_load(running.url, load, seconds, self._load_core)
        server = running.cpu_seconds() - server
        database = self._databases.cpu_seconds() - database
        answered = rate * seconds
        return Round(rate, server / answered * 1e6, database / answered * 1e6, server / seconds)

    def _steady(self, running: Running, load: Sequence[Request], rate: float) -> dict[str, float]:
        seconds = self._options.steady_seconds
        found = steady_load(self._python, running.url, load, rate, seconds, self._load_core)
        return {"requests_per_second": round(rate, 1), **found}
