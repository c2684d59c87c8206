"""The goals for what a tool adds to a request, compared with what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The most that a tool may add, as a share of what it adds to FastAPI.
SHARE = 0.9
#: Tool -> the most microseconds that it may add.
MICROSECONDS = {"sentry": 115, "built-in": 80}


def find_failures(tools: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return each tool that adds more than its goal, with what it adds.

    Args:
        tools: The rows of the JSON document, by the name of the tool.
    """
    shares = [
        f"{row['title']} ({row['share']:.2f})"
        for row in tools.values()
        if row["share"] is not None and row["share"] > SHARE
    ]
    added = {name: tools[name]["adds"]["pronghorn"] for name in MICROSECONDS if name in tools}
    return shares + [
        f"{tools[name]['title']} ({found:.0f} µs)"
        for name, found in added.items()
        if found > MICROSECONDS[name]
    ]
