"""The measurements: medians and ratios, the tables, and the JSON document."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks.record import table, write
from benchmarks.results import processor
from benchmarks.service.data import ITEMS, POOL, USERS
from benchmarks.service.load import CONNECTIONS
from benchmarks.service.requests import SHARES

NAME = "service"
COLUMNS = ("per second", "x", "cpu µs", "cpu x", "database µs", "busy", "p50 ms", "p99 ms")
LEGEND = """x and cpu x: relative to FastAPI in the same round; 2 is twice as good
busy: the part of the server's core that was in use; below 1, something else was the limit
p50, p99: at half of that load; not with --quick"""


@dataclass(frozen=True)
class Round:
    """One load of one contestant.

    Attributes:
        requests_per_second: Answers per second.
        cpu_microseconds: Processor time of the server's processes per answer, user and system.
        database_microseconds: Likewise of PostgreSQL's processes.
        busy: The part of the server's core that was in use; below 1, something else was the limit.
    """

    requests_per_second: float
    cpu_microseconds: float
    database_microseconds: float
    busy: float


@dataclass
class Figures:
    """One contestant at one endpoint.

    Attributes:
        rounds: Its rounds, each with that of the base beside it.
        steady: What was measured at half of the full load.
    """

    rounds: list[tuple[Round, Round]] = field(default_factory=list)
    steady: dict[str, float] = field(default_factory=dict)

    def median(self, attribute: str) -> float:
        """Return the median of an attribute over the rounds."""
        return statistics.median(getattr(own, attribute) for own, _ in self.rounds)

    def ratio(self) -> float:
        """Return the median of the answers per second, relative to the base in the same round."""
        return statistics.median(
            own.requests_per_second / base.requests_per_second for own, base in self.rounds
        )

    def cpu_ratio(self) -> float:
        """Return the median of the base's processor time, relative to this one's."""
        return statistics.median(
            base.cpu_microseconds / own.cpu_microseconds for own, base in self.rounds
        )

    def as_json(self) -> dict[str, Any]:
        """Return the figures for the JSON document."""
        return {
            "requests_per_second": round(self.median("requests_per_second"), 1),
            "ratio": round(self.ratio(), 3),
            "cpu_microseconds": round(self.median("cpu_microseconds"), 1),
            "cpu_ratio": round(self.cpu_ratio(), 3),
            "database_microseconds": round(self.median("database_microseconds"), 1),
            "busy": round(self.median("busy"), 2),
            "half_load": self.steady,
        }


@dataclass
class Row:
    """One contestant.

    Attributes:
        name: Its name.
        kinds: Its figures for each endpoint, and for the mix.
        problem: Why it was not measured.
    """

    name: str
    kinds: dict[str, Figures] = field(default_factory=dict)
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the row for the JSON document."""
        if self.problem:
            return {"name": self.name, "problem": self.problem}
        return {"name": self.name, **{kind: one.as_json() for kind, one in self.kinds.items()}}


Document = Mapping[str, Any]


def lines(row: Mapping[str, Any]) -> str:
    """Return the lines of a contestant, given its part of the JSON document."""
    if "problem" in row:
        return f"{row['name']}: not measured\n  " + row["problem"].strip().replace("\n", "\n  ")
    cells: list[Sequence[Any]] = [(row["name"], *COLUMNS)]
    for kind, one in row.items():
        if isinstance(one, dict):
            half = one["half_load"]
            cells.append(
                (
                    f"  {kind}",
                    *(one[key] for key in KEYS),
                    *(half.get(key, "") for key in ("p50_milliseconds", "p99_milliseconds")),
                )
            )
    return table(cells)


KEYS = (
    "requests_per_second",
    "ratio",
    "cpu_microseconds",
    "cpu_ratio",
    "database_microseconds",
    "busy",
)


def make_document(
    results: Mapping[str, Sequence[Mapping[str, Any]]], loads: Sequence[float], **about: Any
) -> dict[str, Any]:
    """Return the JSON document.

    Args:
        results: The rows of each kind of database.
        loads: The load averages of the machine at the beginning and at the end.
        **about: Further facts.
    """
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "system": platform.system(),
            "python": platform.python_version(),
            "load_average": [round(load, 1) for load in loads],
        },
        "conditions": {
            "connections": CONNECTIONS,
            "pool": POOL,
            "users": USERS,
            "items": ITEMS,
            "mix": SHARES,
            **about,
        },
        "databases": {kind: list(rows) for kind, rows in results.items()},
    }


def save(document: dict[str, Any]) -> None:
    """Write benchmarks/results/service.json."""
    write(NAME, document)
