"""Read the state of a server's processes from the operating system."""

from __future__ import annotations

from pathlib import Path


def resident_mib(root: int) -> float:
    """Resident memory of a process and its descendants (Linux)."""
    family = [root]
    for number in family:
        for children in Path(f"/proc/{number}/task").glob("*/children"):
            family += [int(child) for child in children.read_text().split()]
    lines = [line for number in family for line in status(number) if line.startswith("VmRSS:")]
    return sum(int(line.split()[1]) for line in lines) / 1024


def status(number: int) -> list[str]:
    return Path(f"/proc/{number}/status").read_text().splitlines()
