"""Describe what a tool adds to a request, from the figures of the project's benchmark.

`tool_costs.json` is written by the script that writes the figures of the documentation, so both
always say the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

#: Stands for the telemetry of this framework among the packages of tools.
BUILT_IN = "built-in telemetry"
FIGURES = Path(__file__).with_name("tool_costs.json")


def describe_costs(packages: Iterable[str]) -> Iterator[str]:
    """Yield a line for each tool that was measured: what it adds to a request.

    Args:
        packages: The packages of tools, such as `sentry_sdk`, or `BUILT_IN`.
    """
    figures = _read()
    for package in dict.fromkeys(packages):
        ways = figures["adds"].get(package)
        if ways:
            costs = ", ".join(f"{title} {microseconds:.0f} µs" for title, microseconds in ways)
            yield (
                f"what {package} was measured to add to a request that takes "
                f"{figures['bare']} µs without it: {costs} ({figures['measured']})"
            )


@cache
def _read() -> Any:
    return json.loads(FIGURES.read_text(encoding="utf-8"))
