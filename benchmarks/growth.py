"""`make bench-growth`: what happens to time and memory when programs grow, beside FastAPI.

make bench-growth                      about two minutes; writes benchmarks/results/growth.json
make bench-growth ARGS="--quick"       fewer rounds, and no 10,000 routes on FastAPI; nothing is
                                       written
make bench-growth ARGS="--only start"  one of routes, depth, document, middleware, bodies, workers,
                                       import, start; nothing is written

It says where a cost does not grow along a straight line.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import workers
from benchmarks.record import (
    FRAMEWORKS,
    ROOT,
    MeasurementError,
    ask,
    environment,
    in_turn,
    table,
    write,
)
from benchmarks.run import prepare_environment
from benchmarks.straight import describe_bends

MODULE = "benchmarks.grown"
ROUTES = (10, 100, 1000, 10_000)
DEPTHS = (1, 5, 10, 20)
LAYERS = (0, 1, 2, 3, 5, 10)
BODIES = (1000, 10_000, 100_000, 1_000_000, 10_000_000)
DOCUMENT_ROUTES = 100

Result = dict[str, Any]


def measure_routes(python: Path, rounds: int, *, quick: bool) -> Result:
    """Time one request among more and more routes."""
    found: Result = {}
    for number in ROUTES:
        if quick and number == ROUTES[-1]:
            found[str(number)] = {"pronghorn": ask(python, MODULE, "pronghorn", "routes", number)}
        else:
            found[str(number)] = in_turn(python, MODULE, min(rounds, 3), "routes", number)
    slowest = {
        name: max(found[str(number)]["pronghorn"][name] for number in ROUTES)
        / min(found[str(number)]["pronghorn"][name] for number in ROUTES)
        for name in ("first", "last", "nowhere")
    }
    return {"microseconds": found, "slowest_over_fastest": slowest}


def measure_depth(python: Path, rounds: int, *, quick: bool) -> Result:
    """Time a chain of dependencies, and the cost of each of them."""
    found = {str(n): in_turn(python, MODULE, rounds, "depth", n) for n in DEPTHS}
    first, last = DEPTHS[0], DEPTHS[-1]
    per_node = {
        name: (found[str(last)][name]["request"] - found[str(first)][name]["request"])
        / (last - first)
        for name in FRAMEWORKS
    }
    ratio = per_node["fastapi"] / per_node["pronghorn"]
    return {"microseconds": found, "per_node": per_node, "ratio": ratio}


def measure_document(python: Path, rounds: int, *, quick: bool) -> Result:
    """Time `/openapi.json` once it has been made."""
    found = in_turn(python, MODULE, rounds, "document", DOCUMENT_ROUTES)
    ratio = found["fastapi"]["request"] / found["pronghorn"]["request"]
    return {"routes": DOCUMENT_ROUTES, "microseconds": found, "ratio": ratio}


def measure_middleware(python: Path, rounds: int, *, quick: bool) -> Result:
    """Time a request through more and more middlewares of each kind."""
    found = {str(n): in_turn(python, MODULE, min(rounds, 3), "middleware", n) for n in LAYERS}
    most = found[str(LAYERS[-1])]
    per_layer = {
        kind: {
            name: (most[name][kind] - found["0"][name][kind]) / LAYERS[-1] for name in FRAMEWORKS
        }
        for kind in most["pronghorn"]
    }
    return {"microseconds": found, "per_layer": per_layer}


def measure_bodies(python: Path, rounds: int, *, quick: bool) -> Result:
    """Time bodies of more and more bytes, in and out."""
    sizes = BODIES[:-1] if quick else BODIES
    found = {str(n): in_turn(python, MODULE, min(rounds, 3), "bodies", n) for n in sizes}
    return {"microseconds": found}


def measure_workers(python: Path, rounds: int, *, quick: bool) -> Result:
    """Measure the processor time of a request on servers of one and of two processes."""
    return {"microseconds": workers.measure(python, min(rounds, 3))}


def list_bends(name: str, result: Result) -> list[str]:
    """Return a sentence for each point that is not on the line of its series."""
    if name not in STRAIGHT:
        return []
    figures = result["microseconds"]
    kinds = next(iter(figures.values()))["pronghorn"]
    return [
        sentence
        for framework in FRAMEWORKS
        for kind in kinds
        for sentence in describe_bends(
            f"{name}, {kind}, {framework}",
            {n: one[framework][kind] for n, one in figures.items() if framework in one},
        )
    ]


def measure_import(python: Path, rounds: int, *, quick: bool) -> Result:
    """Time `from pronghorn import FastAPI` and `from fastapi import FastAPI`."""
    return compare(in_turn(python, "benchmarks.imported", rounds * 3, "import"))


def measure_start(python: Path, rounds: int, *, quick: bool) -> Result:
    """Time a program of 1,000 routes and 300 models up to its first response, and its memory."""
    result = compare(in_turn(python, MODULE, rounds, "start"))
    # The same for both: the time of Pydantic for 300 models that no route uses.
    alone = ask(python, MODULE, "pronghorn", "models")
    return {**result, "models_alone_cpu_milliseconds": alone["cpu_milliseconds"]}


def compile_bytecode(python: Path) -> None:
    """Compile our modules, as installing them does: FastAPI's are installed, ours are not.

    Otherwise a process that may not write bytecode compiles the files that were edited since, and
    that counts as time of `import pronghorn`.
    """
    subprocess.run(
        [str(python), "-m", "compileall", "-q", "pronghorn", "benchmarks"], cwd=ROOT, check=True
    )


def compare(found: Result) -> Result:
    """Return the figures of both with pronghorn's share of FastAPI's: less than 1 is better."""
    shares = {key: found["pronghorn"][key] / value for key, value in found["fastapi"].items()}
    return {**found, "share": {key: round(value, 3) for key, value in shares.items()}}


MEASUREMENTS: dict[str, Callable[..., Result]] = {
    "routes": measure_routes,
    "depth": measure_depth,
    "document": measure_document,
    "middleware": measure_middleware,
    "bodies": measure_bodies,
    "workers": measure_workers,
    "import": measure_import,
    "start": measure_start,
}


#: Measurements whose costs should grow along straight lines.
STRAIGHT = ("depth", "middleware", "bodies")


def report(name: str, result: Result) -> str:
    """Return the lines of one measurement."""
    if "share" in result:
        rows = [(key, *(result[f][key] for f in FRAMEWORKS), result["share"][key])
                for key in result["share"]]  # fmt: skip
        return table([(name, "FastAPI", "pronghorn", "share"), *rows])
    figures = result["microseconds"]
    if name == "document":
        figures = {f"{result['routes']} routes": figures}
    lines = [
        (f"{size} {what}", *(sides.get(f, {}).get(what, "-") for f in FRAMEWORKS))
        for size, sides in figures.items()
        for what in sides["pronghorn"]
    ]
    head = (f"{name}, microseconds", "FastAPI", "pronghorn")
    rest = [
        f"{key}: {value}" for key, value in result.items() if key not in ("microseconds", "routes")
    ]
    return "\n".join([table([head, *lines]), *rest])


def round_all(value: Any) -> Any:
    """Round all numbers: more digits would only be noise."""
    if isinstance(value, dict):
        return {key: round_all(item) for key, item in value.items()}
    return round(value, 2) if isinstance(value, float) else value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="make bench-growth",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--only", action="append", choices=MEASUREMENTS)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; nothing is written")
    options = parser.parse_args(arguments)
    python = prepare_environment()
    compile_bytecode(python)
    rounds = 2 if options.quick else 5
    results = {}
    try:
        for name in options.only or MEASUREMENTS:
            results[name] = round_all(MEASUREMENTS[name](python, rounds, quick=options.quick))
            print(report(name, results[name]), end="\n\n", flush=True)
            print(*list_bends(name, results[name]), sep="\n", flush=True)
    except MeasurementError as error:
        print(error, file=sys.stderr)
        return 1
    if not options.only and not options.quick:
        print(f"Written to {write('growth', {**environment(python), **results})}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
