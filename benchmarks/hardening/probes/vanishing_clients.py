"""Clients that vanish at random points: what is left of their requests.

They vanish while they send a head or a body, wait, or read; with a FIN or a reset, and with
requests pipelined behind. The program counts its tasks, its open files and sockets, and the
`finally` blocks that did not run.
"""

from __future__ import annotations

import asyncio

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.hardening.vanishing import find_leaks

CLIENTS = 5000


class VanishingClients:
    """Clients that go away at any point."""

    name = (
        "5,000 clients that vanish at random points: tasks, files, `finally` blocks that are left"
    )
    goal = "0"
    program = "tests.hardening.vanishing_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Let the clients come and vanish, and count what stays."""
        found = asyncio.run(find_leaks(server.port, CLIENTS))
        leaks = found["leaks"]
        numbers = [leaks.get(name, 0) for name in ("tasks", "files", "held")]
        details = [f"{name}: {number}" for name, number in leaks.items()]
        return Figure(" / ".join(map(str, numbers)), not leaks, details)


PROBE = VanishingClients()
