"""Measurements, the table of them, and the JSON document."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LATEST = Path(__file__).parent / "results" / "latest.json"
# A ratio moves by this factor between two runs on a machine that does other things as well.
NOISE = 0.85
NAME_WIDTH = 40


@dataclass
class Measurement:
    """The rounds of one scenario, by framework, in microseconds per request."""

    name: str
    is_routing: bool
    rounds: dict[str, list[float]] = field(default_factory=dict)
    problem: str = ""

    def microseconds(self, framework: str) -> float | None:
        """Return the median of the rounds of a framework; None if it was not measured."""
        rounds = self.rounds.get(framework)
        return statistics.median(rounds) if rounds else None

    @property
    def ratio(self) -> float | None:
        """FastAPI's time divided by pronghorn's."""
        fastapi, pronghorn = self.microseconds("fastapi"), self.microseconds("pronghorn")
        return fastapi / pronghorn if fastapi and pronghorn else None

    @property
    def ratio_range(self) -> tuple[float, float] | None:
        """The quartiles of the ratio over the rounds, which show the noise of this machine."""
        pairs = zip(self.rounds.get("fastapi", []), self.rounds.get("pronghorn", []), strict=False)
        ratios = [fastapi / pronghorn for fastapi, pronghorn in pairs]
        if len(ratios) < 2:
            return None
        lower, _, upper = statistics.quantiles(ratios, n=4)
        return lower, upper


@dataclass
class Result:
    """All measurements of a run and its environment."""

    facts: Mapping[str, Any]
    measurements: list[Measurement]

    @property
    def ratios(self) -> dict[str, float]:
        """The ratios by scenario, if both frameworks were measured."""
        return {one.name: one.ratio for one in self.measurements if one.ratio is not None}

    def mean(self, *, with_routing: bool) -> float | None:
        """Return the geometric mean of the ratios; None when there are none."""
        ratios = [
            one.ratio
            for one in self.measurements
            if one.ratio is not None and (with_routing or not one.is_routing)
        ]
        return statistics.geometric_mean(ratios) if ratios else None


def processor() -> str:
    """Return the name of the processor, if the system reports it."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def heading(facts: Mapping[str, Any]) -> str:
    """Return the first lines of the table."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    columns = f"{'FastAPI':>10} {'pronghorn':>10} {'ratio':>7}"
    return "\n".join(
        [
            f"Python {platform.python_version()}, {facts['loop']}, {versions}",
            f"{processor()}, {os.cpu_count()} cores, {platform.system()}",
            "",
            f"{'microseconds per request':{NAME_WIDTH}} {columns}",
        ]
    )


def number(value: float | None, digits: int = 1) -> str:
    """Return a number for a column; a dash when there is none."""
    return "-" if value is None else f"{value:,.{digits}f}"


def row(measurement: Measurement) -> str:
    """Return the line of one scenario."""
    if measurement.problem:
        return f"{measurement.name:{NAME_WIDTH}} {measurement.problem}"
    fastapi = number(measurement.microseconds("fastapi"))
    pronghorn = number(measurement.microseconds("pronghorn"))
    ratio = number(measurement.ratio)
    line = f"{measurement.name:{NAME_WIDTH}} {fastapi:>10} {pronghorn:>10} {ratio:>7}"
    spread = measurement.ratio_range
    return f"{line}   {number(spread[0])} to {number(spread[1])}" if spread else line


def summary(result: Result) -> str:
    """Return the lines under the table."""
    space = " " * 22
    everything = number(result.mean(with_routing=True), 2)
    without = number(result.mean(with_routing=False), 2)
    return "\n".join(
        [
            "",
            f"{'geometric mean':{NAME_WIDTH}}{space}{everything:>7}",
            f"{'without the two routing scenarios':{NAME_WIDTH}}{space}{without:>7}",
            "",
            "ratio: FastAPI's median over pronghorn's; behind it, the quartiles over the rounds",
        ]
    )


def round_figure(value: float | None) -> float | None:
    """Round for the JSON document, where more digits would only be noise."""
    return None if value is None else round(value, 2)


def document(result: Result) -> str:
    """Return the JSON document of a run."""
    scenarios = [
        {
            "name": one.name,
            "fastapi_microseconds": round_figure(one.microseconds("fastapi")),
            "pronghorn_microseconds": round_figure(one.microseconds("pronghorn")),
            "ratio": round_figure(one.ratio),
            "ratio_quartiles": [round(value, 2) for value in one.ratio_range or ()],
            "is_routing": one.is_routing,
        }
        for one in result.measurements
    ]
    content = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"processor": processor(), "cores": os.cpu_count(), "system": platform.system()},
        "python": platform.python_version(),
        "loop": result.facts["loop"],
        "versions": result.facts["versions"],
        "geometric_mean": round_figure(result.mean(with_routing=True)),
        "geometric_mean_without_routing": round_figure(result.mean(with_routing=False)),
        "scenarios": scenarios,
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def slower_than_noise(result: Result, committed: Mapping[str, Any]) -> list[str]:
    """Return a line for each scenario whose ratio fell by more than the noise."""
    before = {one["name"]: one["ratio"] for one in committed["scenarios"]}
    return [
        f"slower: {name}: ratio {ratio:.1f}, committed {before[name]:.1f}"
        for name, ratio in result.ratios.items()
        if before.get(name) and ratio < before[name] * NOISE
    ]
