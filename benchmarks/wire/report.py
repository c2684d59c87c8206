"""Print the measurements as a table, and write them as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WIRE = Path(__file__).parents[1] / "results" / "wire.json"
METHODS = ("GET", "POST")
#: Characters for the name of a row.
NAME = 48


@dataclass
class Round:
    """One contender and the base, measured one after the other."""

    requests_per_second: float
    cpu_microseconds: float
    base_requests_per_second: float
    base_cpu_microseconds: float

    @property
    def ratio(self) -> float:
        """The requests per second, relative to the base."""
        return self.requests_per_second / self.base_requests_per_second

    @property
    def cpu_ratio(self) -> float:
        """The processor time per request of the base, relative to this one."""
        return self.base_cpu_microseconds / self.cpu_microseconds


@dataclass
class Row:
    """One contender."""

    name: str
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    problem: str = ""

    def median(self, method: str, attribute: str) -> float:
        """Return the median of an attribute of the rounds."""
        return statistics.median(getattr(item, attribute) for item in self.rounds[method])

    def as_json(self) -> dict[str, Any]:
        """Return the row for the JSON document."""
        if self.problem:
            return {"name": self.name, "problem": self.problem}
        document: dict[str, Any] = {"name": self.name}
        for method in METHODS:
            document[method] = {
                name: round(self.median(method, name), 2)
                for name in ("requests_per_second", "ratio", "cpu_microseconds", "cpu_ratio")
            }
        return document


def heading(client: str, cores: str, base: str) -> str:
    """Return the first lines of the output."""
    columns = "".join(f"{method + ' req/s':>12}{'x':>7}{'cpu x':>7}" for method in METHODS)
    return (
        f"{client}; {cores}.\nx: requests per second over those of {base} in the same round; "
        f"cpu x: the same for the server's processor time per request.\n\n{'':<{NAME}}{columns}"
    )


def line(row: Row) -> str:
    """Return one line of the table."""
    if row.problem:
        return f"{row.name:<{NAME}}  not measured: {row.problem.strip().splitlines()[-1]}"
    cells = "".join(
        f"{row.median(method, 'requests_per_second'):>12,.0f}{row.median(method, 'ratio'):>7.2f}"
        f"{row.median(method, 'cpu_ratio'):>7.2f}"
        for method in METHODS
    )
    return f"{row.name:<{NAME}}{cells}"


def write(rows: list[Row], client: str, cores: str, path: Path = WIRE) -> None:
    """Write the JSON document."""
    document = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "python": platform.python_version(),
            "system": platform.system(),
            "processors": os.cpu_count(),
            "load": client,
            "cores": cores,
        },
        "rows": [row.as_json() for row in rows],
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
