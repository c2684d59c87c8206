"""Requests per second behind stacks of middleware, `pronghorn run` beside FastAPI on uvicorn.

`make bench-wire ARGS=--stack` runs it. The requests have the headers that CORS and GZip look at,
as those of a page at another origin.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from benchmarks.processes import StartError
from benchmarks.record import environment, write
from benchmarks.run import is_chosen, none_chosen
from benchmarks.wire.contenders import QUIET, RUN, Contender, module
from benchmarks.wire.environments import prepare
from benchmarks.wire.report import METHODS, Row

#: The names in the table, and those of the applications in `apps/stacks.py`.
STACKS = {
    "bare": "bare",
    "CORS": "cors",
    "GZip": "gzip",
    "`@app.middleware`": "function",
    "all three, `@app.middleware` outside": "every",
    "all three, `@app.middleware` inside": "function_inside",
}
HEADERS = {"Origin": "https://shop.example", "Accept-Encoding": "gzip, deflate, br"}
NAME = 38
HEADING = (
    "x: requests per second over those of FastAPI on uvicorn with the same stack, in the same "
    "round;\ncpu: microseconds of processor time of the server per request.\n\n"
     f"{'':<{NAME}}"
    + "".join(f"{method + ' FastAPI':>13}{'pronghorn':>11}{'x':>7}{'cpu':>8}{'cpu':>6}{'x':>7}"
              for method in METHODS)
)  # fmt: skip


class Bench(Protocol):
    """The part of `benchmarks.wire.__main__.Bench` that is needed."""

    client: str
    cores: str

    def measure(self, contender: Contender) -> Row:
        """Time a contender in turn with the base."""

    def stop(self) -> None:
        """Stop the base."""


def contenders(stack: str) -> tuple[Contender, Contender]:
    """Return FastAPI and pronghorn behind a stack, by the name of its application."""
    return (
        Contender("FastAPI on uvicorn", module("uvicorn", f"stacks:{stack}", *QUIET)),
        Contender("pronghorn run", module(*RUN[:2], f"stacks_on_pronghorn:{stack}", *RUN[3:])),
    )


def measure_stacks(make: Callable[[Contender], Bench], only: Iterable[str]) -> None:
    """Measure and print a line for each stack, and write all of them.

    Args:
        make: Starts the base of the measurement.
        only: Parts of names; then nothing is written.

    Raises:
        StartError: A server did not start, an answer was not a success, or no stack has the name.
    """
    rows, only, bench = [], list(only), None
    chosen = {name: stack for name, stack in STACKS.items() if is_chosen(name, only)}
    if not chosen:
        raise StartError(none_chosen("stack", only, list(STACKS)))
    before = os.getloadavg()[0]
    print(HEADING, flush=True)
    for name, stack in chosen.items():
        base, own = contenders(stack)
        bench = make(base)
        try:
            row = bench.measure(own)
        finally:
            bench.stop()
        if row.problem:
            raise StartError(f"{name}: {row.problem}")
        rows.append({"name": name, **as_json(row)})
        print(line(rows[-1]), flush=True)
    if bench is not None and not only:
        python = prepare("wire")
        about = environment(python) if python else {}
        about["load"] = {"client": bench.client, "cores": bench.cores}
        about["load_average"] = [round(before, 1), round(os.getloadavg()[0], 1)]
        write("stack", {**about, "headers": HEADERS, "rows": rows})


def as_json(row: Row) -> dict[str, Any]:
    """Return the medians of a row, with those of its base."""
    names = ("requests_per_second", "ratio", "cpu_microseconds", "cpu_ratio")
    names += ("base_requests_per_second", "base_cpu_microseconds")
    return {
        method: {name: round(row.median(method, name), 2) for name in names} for method in METHODS
    }


def line(row: dict[str, Any]) -> str:
    """Return one line of the table."""
    cells = "".join(
        f"{one['base_requests_per_second']:>13,.0f}{one['requests_per_second']:>11,.0f}"
        f"{one['ratio']:>7.2f}{one['base_cpu_microseconds']:>8.1f}{one['cpu_microseconds']:>6.1f}"
        f"{one['cpu_ratio']:>7.2f}"
        for one in (row[method] for method in METHODS)
    )
    return f"{row['name']:<{NAME}}{cells}"
