"""`make bench-service`: the shop as a production program, over a socket and with a database.

make bench-service                               everything; writes benchmarks/results/service.json
make bench-service ARGS=--quick                  the mix only, short rounds; writes nothing
make bench-service ARGS="--only fastify"         some contestants; writes nothing
make bench-service ARGS="--database sqlite"      one database; writes nothing
make bench-service ARGS=--check                  compares with the goals, and fails; writes nothing
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from benchmarks.processes import StartError
from benchmarks.service import databases, report
from benchmarks.service.bench import Bench, Options, choose_cores
from benchmarks.service.contestants import CONTESTANTS, Contestant
from benchmarks.service.goals import find_failures
from benchmarks.service.load import LoadError, require_wrk
from benchmarks.service.requests import KINDS, MIX
from tools.environment import PreparationError
from tools.postgresql import MissingPostgreSQLError, prepare_programs

KINDS_OF_DATABASES = (databases.POSTGRESQL, databases.SQLITE)


def read_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="make bench-service",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="the mix only, in short rounds")
    parser.add_argument("--check", action="store_true", help="fail if a goal is not reached")
    parser.add_argument("--only", action="append", default=[], help="part of a contestant's name")
    parser.add_argument("--database", choices=KINDS_OF_DATABASES, help="by default both")
    parser.add_argument("--kind", choices=KINDS, action="append", help="an endpoint, or the mix")
    parser.add_argument("--rounds", type=int, help="rounds for each endpoint")
    parser.add_argument("--seconds", type=int, help="seconds of a round")
    return parser.parse_args(arguments)


def make_options(found: argparse.Namespace) -> Options:
    """Return how long to measure."""
    short = found.quick
    return Options(
        rounds=found.rounds or (3 if short else 5),
        seconds=found.seconds or (2 if short else 3),
        steady_seconds=0 if short else 5,
        kinds=tuple(found.kind or ([MIX] if short else KINDS)),
    )


def choose(texts: list[str]) -> list[Contestant]:
    """Return the contestants whose name contains one of the texts."""
    wanted = [text.lower() for text in texts] or [""]
    return [one for one in CONTESTANTS if any(text in one.name.lower() for text in wanted)]


def measure(kind: str, contestants: list[Contestant], options: Options) -> list[dict[str, Any]]:
    """Measure contestants on one kind of database, and print each as soon as it is done."""
    bench = Bench(kind, options)
    rows = []
    try:
        for contestant in contestants:
            rows.append(bench.measure(contestant).as_json())
            print(report.lines(rows[-1]), "", sep="\n", flush=True)
    finally:
        bench.stop()
    return rows


def main() -> int:
    """Run the command. Returns the exit status."""
    found = read_arguments()
    options, contestants = make_options(found), choose(found.only)
    if not contestants:
        print(f"No contestant has {' or '.join(found.only)} in its name.", file=sys.stderr)
        return 2
    loads = [os.getloadavg()[0]]
    results: dict[str, list[dict[str, Any]]] = {}
    try:
        require_wrk()
        for kind in [found.database] if found.database else KINDS_OF_DATABASES:
            if kind == databases.POSTGRESQL:
                prepare_programs()
            print(f"{kind}; {report.LEGEND}\n", flush=True)
            results[kind] = measure(kind, contestants, options)
    except (StartError, PreparationError, LoadError, MissingPostgreSQLError) as error:
        print(error, file=sys.stderr)
        return 1
    loads.append(os.getloadavg()[0])
    if found.check:
        return report_goals(results)
    if not (found.quick or found.only or found.database or found.kind):
        cores = "two: the server has one" if choose_cores()[0] is not None else "one for everything"
        about = {"rounds": options.rounds, "seconds": options.seconds, "cores": cores}
        report.save(report.make_document(results, loads, **about))
    return 0


def report_goals(results: dict[str, list[dict[str, Any]]]) -> int:
    """Print which goals were not reached. Returns the exit status."""
    failures = find_failures(results)
    if not failures:
        print("All goals are reached.")
        return 0
    print("These goals are not reached:", *(f"  {line}" for line in failures), sep="\n")
    print("On a busy machine, repeat the run before you believe it.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
