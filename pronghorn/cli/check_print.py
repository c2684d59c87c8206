"""Print what `pronghorn check` has found, for people or as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from pronghorn.cli.audited import Program
from pronghorn.cli.errors import CommandError
from pronghorn.cli.limits import read_settings
from pronghorn.cli.unsafe import Unsafe

__all__ = ["Found", "Report", "print_json", "print_report"]


@dataclass(frozen=True)
class Found:
    """The result of the checks.

    Attributes:
        name: The application, as `"package.module:name"`.
        program: What was looked at.
        mistakes: What keeps the program from working.
        unsafe: All unsafe settings, also those that are harmless during development.
    """

    name: str
    program: Program
    mistakes: list[CommandError]
    unsafe: list[Unsafe]

    def judge(self, *, strict: bool, allowed: Collection[str]) -> Report:
        """Return what to report.

        Args:
            strict: Judge as in production, and count unsafe settings as a failure.
            allowed: Codes of unsafe settings that are meant.
        """
        meant = [one for one in self.unsafe if one.code not in allowed]
        everything = strict or self.program.is_open
        listed = [one for one in meant if everything or not one.in_production]
        failed = bool(self.mistakes) or (strict and bool(listed))
        return Report(self, listed, [one for one in meant if one not in listed], failed)


@dataclass(frozen=True)
class Report:
    """The content of the report on a program.

    Attributes:
        found: The result of the checks.
        unsafe: The settings that are unsafe in the environment of the program.
        later: Those that would be in production.
        failed: True if the command exits with 1.
    """

    found: Found
    unsafe: list[Unsafe]
    later: list[Unsafe]
    failed: bool


def print_report(report: Report) -> None:
    """Write settings and summary to standard output, mistakes and unsafe settings to the other."""
    found = report.found
    settings = list(read_settings(found.program))
    names, values = (max(len(row[column]) for row in settings) for column in (0, 1))
    for name, value, write in settings:
        print(f"{name:{names}}  {value:{values}}  {write}")
    for mistake in found.mistakes:
        mistake.print()
    for one in report.unsafe:
        _print_unsafe(one)
    if report.later:
        codes = ", ".join(dict.fromkeys(one.code for one in report.later))
        print(f"Unsafe in production, and listed with --strict: {codes}")
    print(_summary(report))


def _print_unsafe(one: Unsafe) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    console.print("Unsafe: ", style="bold yellow", end="")
    console.print(f"{one.message} ({one.code})", markup=False)
    for label, text in (("where:", one.where), ("why:", one.why), ("write:", one.write)):
        if text:
            console.print(f"  {label:7}{text}", markup=False)


def _summary(report: Report) -> str:
    found = report.found
    routes, mistakes, unsafe = len(found.program.routes), len(found.mistakes), len(report.unsafe)
    parts = ["1 route" if routes == 1 else f"{routes} routes"]
    parts.append(f"{mistakes} to correct" if mistakes else "no mistakes")
    if unsafe:
        parts.append("1 unsafe setting" if unsafe == 1 else f"{unsafe} unsafe settings")
    return f"{found.name}: {', '.join(parts)}"


def print_json(report: Report) -> None:
    """Write everything to standard output as one JSON object."""
    found = report.found
    document: dict[str, Any] = {
        "app": found.name,
        "routes": len(found.program.routes),
        "settings": [
            {"name": name, "value": value, "write": write}
            for name, value, write in read_settings(found.program)
        ],
        "mistakes": [{"message": one.message, "hint": one.hint} for one in found.mistakes],
        "unsafe": [one._asdict() for one in report.unsafe],
        "unsafe_in_production": [one._asdict() for one in report.later],
        "failed": report.failed,
    }
    print(json.dumps(document, indent=2, ensure_ascii=False))
