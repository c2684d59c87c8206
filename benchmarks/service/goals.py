"""The goals of `--check`, compared with what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.service.contestants import OWN, SAME
from benchmarks.service.requests import MIX

#: Contestant -> how many times FastAPI's requests per second it has to answer, in the mix.
GOALS = {SAME.name: 1.6, OWN.name: 5.0}

Rows = Sequence[Mapping[str, Any]]


def find_failures(results: Mapping[str, Rows]) -> list[str]:
    """Return a sentence for each goal that was not reached.

    Args:
        results: The rows of each kind of database, as in the JSON document.
    """
    return [f"{kind}: {sentence}" for kind, rows in results.items() for sentence in _check(rows)]


def read_ratios(rows: Rows) -> dict[str, float]:
    """Return the requests per second of each contestant, relative to FastAPI, in the mix."""
    return {row["name"]: row[MIX]["ratio"] for row in rows if MIX in row}


def find_faster(rows: Rows) -> list[str]:
    """Return the contestants that answer more than pronghorn with its own parts."""
    ratios = read_ratios(rows)
    own = ratios.get(OWN.name)
    return [name for name, ratio in ratios.items() if own is not None and ratio > own]


def _check(rows: Rows) -> Iterator[str]:
    ratios = read_ratios(rows)
    for row in rows:
        if "problem" in row:
            yield f"{row['name']} was not measured: {row['problem'].strip().splitlines()[0]}"
    for name, goal in GOALS.items():
        if name in ratios and ratios[name] < goal:
            yield f"{name} answers {ratios[name]:.2f} times as much as FastAPI; the goal is {goal}."
    for name in find_faster(rows):
        yield (
            f"{name} answers more than {OWN.name}: {ratios[name]:.2f} times as much as FastAPI, "
            f"and {ratios[OWN.name]:.2f} times."
        )
