"""The tables of `make ha`. A part that was not measured yet has an empty one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.durable.report import describe
from benchmarks.ha import hundred
from benchmarks.tables import cell, markdown

Result = Mapping[str, Any]
HUNDRED = 100
#: The rows of a fault: what, the key of its figure, and the unit.
KILL: Sequence[tuple[str, str, str]] = (
    ("requests that were answered", "requests", ""),
    ("requests that the host had in hand at that moment", "in_hand", ""),
    ("those and what was sent to it until HAProxy noticed", "in_flight", ""),
    ("errors that clients saw", "errors", ""),
    ("answers that a repeat got from the first request", "kept_answers", ""),
    ("orders that were answered with 201", "orders", ""),
    ("of them lost", "lost_requests", ""),
    ("jobs of these orders", "jobs", ""),
    ("of them lost", "lost_jobs", ""),
    ("of them moved to another host", "jobs_moved", ""),
    ("work done twice", "effects_twice", ""),
    ("until the load balancer noticed", "seconds_until_noticed", " s"),
    ("the slowest answer", "slowest_seconds", " s"),
)
DEPLOY: Sequence[tuple[str, str, str]] = (
    ("requests that were answered", "requests", ""),
    ("errors that clients saw", "errors", ""),
    ("the slowest answer", "slowest_seconds", " s"),
    ("browsers that followed a stream", "browsers", ""),
    ("connections that they needed", "stream_connections", ""),
    ("messages, each to everybody, once and in order", "messages", ""),
    ("WebSockets", "sockets", ""),
    ("closed with 1012, and back", "closed_with_1012", ""),
    ("jobs meanwhile", "jobs", ""),
    ("of them lost", "lost_jobs", ""),
    ("for three hosts, one after the other", "seconds", " s"),
)
CUT: Sequence[tuple[str, str, str]] = (
    ("cut off for", "seconds_cut_off", " s"),
    *KILL[:-1],
    ("until it serves again", "seconds_until_it_serves", " s"),
    ("until it runs jobs again", "seconds_until_it_works", " s"),
)
TITLES = {"kill": "A host is killed", "deploy": "A rolling deploy", "cut": "A host is cut off"}
FAULTS = {"kill": KILL, "deploy": DEPLOY, "cut": CUT}


def list_fault(result: Result, part: str) -> str:
    """Return the figures of a fault, as rows of two columns."""
    found = result.get(part)
    if not found:
        return ""
    rows = [(title, amount(found[key], unit)) for title, key, unit in FAULTS[part]]
    return markdown((TITLES[part], "figure"), rows)


def amount(value: float, unit: str) -> str:
    """Return a number with its unit; a number of things has all of its digits."""
    return f"{value:g}{unit}" if unit else f"{value:,}"


def list_requests(result: Result) -> str:
    """Return the rates of requests, and what each part takes of the processor."""
    if not result.get("scale"):
        return ""
    rows = [
        (
            f"{row['kind']}, {plural(row['hosts'], 'host')}, {plural(row['workers'], 'worker')}",
            row["per_second"],
            *(row["microseconds"][part] for part in ("web", "proxy", "database")),
        )
        for row in sorted(result["scale"]["requests"], key=lambda row: str(row["kind"]))
    ]
    head = ("", "requests per second", "µs of workers", "µs of HAProxy", "µs of PostgreSQL")
    return f"{markdown(head, rows)}\n\n{describe(result)}"


def list_jobs(result: Result) -> str:
    """Return the rates of jobs, and what each part takes of the processor."""
    if not result.get("scale"):
        return ""
    rows = [
        (
            f"{plural(row['hosts'], 'host')}, {plural(row['workers'], 'worker')} each",
            row["per_second"],
            *(row["microseconds"][part] for part in ("jobs", "database")),
        )
        for row in result["scale"]["jobs"]
    ]
    return markdown(("", "jobs per second", "µs of workers", "µs of PostgreSQL"), rows)


def list_commits(result: Result) -> str:
    """Return the transactions per second with and without a notification."""
    if not result.get("scale"):
        return ""
    found = result["scale"]["commits"]
    rows = [(clients, rate, found["notify"][clients]) for clients, rate in found["plain"].items()]
    return markdown(("connections", "commits per second", "with `NOTIFY`"), rows)


def list_hundred(result: Result) -> str:
    """Return the shared parts for a hundred hosts, the one that is full first at the top."""
    if not result.get("scale"):
        return ""
    rows = [
        (
            part.title,
            f"{cell(part.each)} {part.unit}",
            f"{cell(float(part.limit))} {part.unit}",
            f"{part.hosts:,}",
            cell(part.count_needed(HUNDRED)),
            part.then,
        )
        for part in hundred.list_parts(result)
    ]
    head = ("part", "a host needs", "one gives", "full at hosts", "needed for 100", "then")
    rate = hundred.rate_of_host(result)
    below = (
        f"A host answers {cell(rate)} requests of the mix per second and runs "
        f"{cell(rate * hundred.JOBS)} jobs; a hundred of them answer {cell(rate * HUNDRED)} "
        f"and run {cell(rate * hundred.JOBS * HUNDRED)}."
    )
    return f"{markdown(head, rows)}\n\n{below}"


def plural(number: int, word: str) -> str:
    """Return a number with its word."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


#: The blocks of docs/deploy.md by their names.
BLOCKS: dict[str, Callable[[Result], str]] = {
    "ha-kill": lambda result: list_fault(result, "kill"),
    "ha-deploy": lambda result: list_fault(result, "deploy"),
    "ha-cut": lambda result: list_fault(result, "cut"),
    "ha-requests": list_requests,
    "ha-jobs": list_jobs,
    "ha-commits": list_commits,
    "ha-hundred": list_hundred,
}


def show(result: Result) -> str:
    """Return all tables for a terminal."""
    return "\n\n".join(filter(None, (make(result) for make in BLOCKS.values())))
