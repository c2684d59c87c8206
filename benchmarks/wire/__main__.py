"""`make bench-wire`: requests per second over a socket, one core for the server.

make bench-wire                            everything; writes benchmarks/results/wire.json
make bench-wire ARGS=--core                without the other frameworks; nothing is written
make bench-wire ARGS="--only granian"      the rows whose name contains a text; nothing is written
make bench-wire ARGS="--only 'pronghorn run' --against fastify --rounds 10"
                                           two rows in turn; nothing is written
make bench-wire ARGS=--stack               `pronghorn run` and FastAPI behind CORS, GZip and
                                           `@app.middleware`, one core for the server, and its
                                           processor time; writes benchmarks/results/stack.json
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial

from benchmarks.processes import StartError
from benchmarks.run import is_chosen, none_chosen
from benchmarks.wire import report, stacks
from benchmarks.wire.contenders import BASE, CORE, PEERS, Contender
from benchmarks.wire.environments import prepare
from benchmarks.wire.load import has_wrk, requests_per_second
from benchmarks.wire.report import METHODS, Round, Row
from benchmarks.wire.serving import Running
from tools.environment import PreparationError


class Bench:
    """One run of the command: the base runs all the time, the others one after the other."""

    def __init__(
        self,
        base: Contender,
        rounds: int,
        seconds: float,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._rounds = rounds
        self._headers = headers
        self._seconds = seconds
        available = sorted(os.sched_getaffinity(0))
        self._pair: tuple[int | None, int | None] = (None, None)
        self.cores = "one core for everything, so the figures are too low"
        if len(available) > 1:
            self._pair = (available[0], available[1])
            self.cores = "one core for the server, one for the load"
        self.client = "wrk" if has_wrk() else "the bundled client, since wrk is not installed"
        self._base = self._start(base)

    def _start(self, contender: Contender) -> Running:
        interpreter = prepare(contender.environment)
        if interpreter is None:
            raise StartError("Node.js is not installed")
        return Running(contender, interpreter, self._pair[0])

    def measure(self, contender: Contender) -> Row:
        """Start a contender, time it in turn with the base, and stop it."""
        row = Row(contender.name)
        try:
            is_base = contender is self._base.contender
            running = self._base if is_base else self._start(contender)
        except (StartError, PreparationError) as error:
            row.problem = str(error)
            return row
        try:
            for method in METHODS:
                self._load(running, method, 1)  # warm up
                row.rounds[method] = [self._round(running, method) for _ in range(self._rounds)]
        except RuntimeError as error:
            row.problem = str(error)
        finally:
            if running is not self._base:
                running.stop()
        return row

    def _round(self, running: Running, method: str) -> Round:
        base = self._load(self._base, method, self._seconds)
        own = base if running is self._base else self._load(running, method, self._seconds)
        return Round(*own, *base)

    def _load(self, running: Running, method: str, seconds: float) -> tuple[float, float]:
        """Return requests per second, and microseconds of processor time per request."""
        before = running.cpu_seconds()
        rate = requests_per_second(
            method, running.url_of(method), seconds, self._pair[1], self._headers
        )
        spent = running.cpu_seconds() - before
        return rate, spent / (rate * max(1, round(seconds))) * 1e6

    def stop(self) -> None:
        """Stop the base."""
        self._base.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="make bench-wire",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--stack", action="store_true", help="behind stacks of middleware")
    parser.add_argument("--core", action="store_true", help="without the other frameworks")
    parser.add_argument("--only", action="append", default=[], help="part of a row's name")
    parser.add_argument("--against", default=BASE, help="part of the name of the base")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args(arguments)
    if options.stack:
        make = partial(
            Bench, rounds=options.rounds, seconds=options.seconds, headers=stacks.HEADERS
        )
        try:
            stacks.measure_stacks(make, options.only)
        except (StartError, PreparationError) as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    contenders = CORE if options.core else CORE + PEERS
    rows = []
    if not any(is_chosen(row.name, options.only) for row in contenders):
        names = [row.name for row in contenders]
        parser.error(none_chosen("row", options.only, names))
    base = next((row for row in CORE + PEERS if is_chosen(row.name, [options.against])), None)
    if base is None:
        parser.error(f"--against: no row has {options.against!r} in its name")
    try:
        bench = Bench(base, options.rounds, options.seconds)
    except (StartError, PreparationError) as error:
        print(error, file=sys.stderr)
        return 1
    try:
        print(report.heading(bench.client, bench.cores, base.name), flush=True)
        for contender in contenders:
            if is_chosen(contender.name, options.only):
                rows.append(bench.measure(contender))
                print(report.line(rows[-1]), flush=True)
    finally:
        bench.stop()
    if not options.only and not options.core and base is CORE[0]:
        report.write(rows, bench.client, bench.cores)
    return 0


if __name__ == "__main__":
    sys.exit(main())
