"""SIGTERM under load: who gets no answer, and who cannot connect any more."""

from __future__ import annotations

import asyncio
import signal

from benchmarks.hardening.leaving import load
from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server

CLIENTS = 32
#: Seconds for which load balancers send on.
AFTER = 4.8


class SigtermUnderLoad:
    """Clients that send on for some seconds after SIGTERM."""

    name = "SIGTERM under load: clients that lost an answer or could not connect in 5 s, of 32"
    goal = "0"
    program = "tests.hardening.leaving_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Load a server, tell it to end, and count those who lost something."""
        clients = asyncio.run(
            load(
                server.port,
                "/slow",
                CLIENTS,
                lambda: server.send_signal(signal.SIGTERM),
                1.0,
                AFTER,
            )
        )
        losers = [client for client in clients if client.lost]
        code = server.wait_for_end(30)
        details = [f"exit code {code}"]
        details += [f"{len(client.lost)} times, first {client.lost[0]}" for client in losers]
        return Figure(str(len(losers)), not losers and code == 0, details)


PROBE = SigtermUnderLoad()
