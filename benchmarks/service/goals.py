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


def _check(rows: Rows) -> Iterator[str]:
    ratios = {row["name"]: row[MIX]["ratio"] for row in rows if MIX in row}
    for row in rows:
        if "problem" in row:
            yield f"{row['name']} was not measured: {row['problem'].strip().splitlines()[0]}"
    for name, goal in GOALS.items():
        if name in ratios and ratios[name] < goal:
            yield f"{name} answers {ratios[name]:.2f} times as much as FastAPI; the goal is {goal}."
    own = ratios.get(OWN.name)
    for name, ratio in ratios.items():
        if own is not None and ratio > own:
            yield (
                f"{name} answers more than {OWN.name}: {ratio:.2f} times as much as FastAPI, "
                f"and {own:.2f} times."
            )
