"""The tables of `make bench-durable`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.durable.stores import TITLES
from benchmarks.tables import markdown

Result = Mapping[str, Any]
JOBS_HEAD = ("", "enqueued per second", "run per second", "p50 until it begins, ms", "p99, ms")
RATES = ("enqueued_per_second", "run_per_second", "p50_milliseconds", "p99_milliseconds")


def list_jobs(result: Result) -> str:
    """Return the table of the queues, and the conditions below it."""
    rows = [(row["title"], *(row[key] for key in RATES)) for row in result["jobs"].values()]
    about = result["conditions"]
    below = (
        f"Medians of {about['rounds']} rounds of {about['jobs']:,} jobs; the percentiles are of "
        f"{about['alone']} jobs that came one at a time. {describe(result)}"
    )
    return f"{markdown(JOBS_HEAD, rows)}\n\n{below}"


def list_deliveries(result: Result) -> str:
    """Return the table of one channel, and the conditions below it."""
    kinds = result["delivery"]
    counts = list(next(iter(kinds.values())))
    head: list[str] = ["messages in"]
    for count in counts:
        name = "1 subscriber" if count == "1" else f"{int(count):,} subscribers"
        head += [f"{name}: p50, ms", "p99, ms"]
    rows: list[Sequence[Any]] = [
        (TITLES[kind], *(value for count in counts for value in found[count].values()))
        for kind, found in kinds.items()
    ]
    messages = result["conditions"]["messages"]
    return f"{markdown(head, rows)}\n\n{messages} messages in each cell. {describe(result)}"


def describe(result: Result) -> str:
    """Return the machine and the versions as sentences, and a warning after a busy run."""
    machine = result["machine"]
    versions = result["versions"]
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    low, high = result["load_average"]
    text = (
        f"Measured on {result['date']}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['system']}, Python {result['python']}, {result['loop']}, {named}; load average "
        f"of the machine {low} before and {high} after."
    )
    if low > machine["cores"]:
        text += " The machine was busy, so a run on a quiet one may differ much."
    return text


def show(result: Result) -> str:
    """Return both tables for a terminal."""
    tables = [list_jobs(result)] if result["jobs"] else []
    tables += [list_deliveries(result)] if result["delivery"] else []
    return "\n\n".join(tables)
