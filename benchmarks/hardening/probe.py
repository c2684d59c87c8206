"""Describe probes, which attack a server, and their figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from benchmarks.hardening.servers import Server


@dataclass(frozen=True)
class Figure:
    """A finding of a probe on one server.

    Attributes:
        text: The figure as the table shows it, such as "3 of 250" or "+12 MiB".
        is_reached: Whether the goal holds.
        details: Lines for people who want to know more; the result file keeps them.
    """

    text: str
    is_reached: bool
    details: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the figure for the result file."""
        return asdict(self)


class Probe(Protocol):
    """An attack, and the figure that says how a server stands it.

    A probe is an object named `PROBE` in a module of its own in `benchmarks/hardening/probes`. It
    is given a server that was started for it, which is stopped behind it.

    Attributes:
        name: The name of its row, such as "raw HTTP/1.1 requests"; `--only` looks for it.
        goal: What must hold, as the table shows it.
        program: Module and name of the program to serve, such as "tests.hardening.program:app".
        options: Options of `pronghorn run`, for a limit that has to be raised. uvicorn does not get
            them; variables of the attribute `environment`, which a probe may have, reach all.
    """

    name: str
    goal: str
    program: str
    options: tuple[str, ...]

    def run(self, server: Server) -> Figure:
        """Attack a server, and return what was found."""
        ...
