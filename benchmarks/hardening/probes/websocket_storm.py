"""WebSocket clients that vanish at random points: what they leave behind."""

from __future__ import annotations

import asyncio

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.hardening import websocket_attacks as attacks

CLIENTS = 3000
SECONDS = 20.0


class WebSocketStorm:
    """Leaks and noise of clients that vanish."""

    name = "3,000 WebSocket clients that vanish at random points: leaks, tracebacks"
    goal = "0, 0"
    program = "tests.hardening.websocket_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Let clients vanish, and count what is left of them."""
        before, files = attacks.read_counts(server.port), server.open_files()
        asyncio.run(attacks.storm(server.port, CLIENTS, seed=1))

        def is_settled(now: dict[str, int]) -> bool:
            return now["taken"] == now["returned"] and now["tasks"] <= before["tasks"]

        counts = asyncio.run(attacks.settle(server.port, is_settled, SECONDS))
        leaks = abs(counts["taken"] - counts["returned"])
        leaks += max(counts["tasks"] - before["tasks"], 0)
        leaks += max(server.open_files() - files, 0)
        tracebacks = server.read_output().count("Traceback")
        return Figure(f"{leaks}, {tracebacks}", not leaks and not tracebacks, [str(counts)])


PROBE = WebSocketStorm()
