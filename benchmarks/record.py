"""The common parts of the results of all benchmarks: their files, and the environment."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.drive import new_event_loop, versions
from benchmarks.results import processor

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
FRAMEWORKS = ("fastapi", "pronghorn")


class MeasurementError(Exception):
    """A measuring process failed; its own output is above."""


def environment(python: Path) -> dict[str, Any]:
    """Return the facts that the numbers depend on: the machine, and the packages."""
    code = "import json, benchmarks.record as r; print(json.dumps(r.packages()))"
    found = subprocess.run(
        [str(python), "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"processor": processor(), "cores": os.cpu_count(), "system": platform.system()},
        **json.loads(found.stdout),
    }


def packages() -> dict[str, Any]:
    """Return the Python, the event loop and the packages of this process."""
    loop, loop_name = new_event_loop()
    loop.close()
    return {"python": platform.python_version(), "loop": loop_name, "versions": versions()}


def ask(python: Path, module: str, *arguments: Any, seconds: float | None = None) -> dict[str, Any]:
    """Run a module in a process of its own and return the JSON object in its last line.

    Raises:
        MeasurementError: It has failed, or has not ended within so many seconds.
    """
    try:
        done = subprocess.run(
            [str(python), "-m", module, *map(str, arguments)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise MeasurementError(f"{module} {' '.join(map(str, arguments))} hangs.") from None
    if done.returncode:
        raise MeasurementError(f"{module} {' '.join(map(str, arguments))} failed.")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def in_turn(python: Path, module: str, rounds: int, *arguments: Any) -> dict[str, Any]:
    """Run both frameworks several times, each first every other time.

    Returns:
        framework -> name of the figure -> its median over the rounds.
    """
    answers: dict[str, list[dict[str, float]]] = {name: [] for name in FRAMEWORKS}
    for turn in range(rounds):
        for framework in FRAMEWORKS if turn % 2 == 0 else reversed(FRAMEWORKS):
            answers[framework].append(ask(python, module, framework, *arguments))
    return {name: medians(found) for name, found in answers.items()}


def medians(answers: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure."""
    return {
        key: round(statistics.median(answer[key] for answer in answers), 3) for key in answers[0]
    }


def write(name: str, content: dict[str, Any]) -> Path:
    """Write one result file and return where it is."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read(name: str) -> dict[str, Any]:
    """Return a committed result; an empty one if there is none."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def table(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as lines with aligned columns, numbers to the right."""
    cells = [[cell if isinstance(cell, str) else f"{cell:,.2f}" for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )
