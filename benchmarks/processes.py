"""The processor time of a server and all the processes that it has started."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """Return the processor time of a process and its descendants so far, user and system."""
    return sum(_ticks(number) for number in family(root)) / TICKS


def family(root: int) -> list[int]:
    """Return a process and its descendants."""
    found = [root]
    for number in found:
        for children in Path(f"/proc/{number}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:
                continue
    return found


def _ticks(number: int) -> int:
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
