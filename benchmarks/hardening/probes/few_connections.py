"""Sessions of few connections in `def` endpoints: does every request end?"""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.hardening.plain_client import ask

REQUESTS = 120
PATHS = ("/eager", "/lazy", "/between", "/mixed", "/background", "/stream")
#: Longer than the program waits for a connection.
PATIENCE = 60.0


class FewConnections:
    """Sends 120 requests at once to `def` endpoints with a session, which share 5 connections."""

    name = "6 x 120 requests of `def` endpoints on 5 connections: failed"
    goal = "0"
    program = "tests.hardening.blocked_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Send the requests to each kind of endpoint, and count those that fail."""
        details, failed = [], 0
        for path in PATHS:
            start = time.perf_counter()
            found = asyncio.run(self._run(server.port, path))
            seconds = time.perf_counter() - start
            failed += REQUESTS - found["200"]
            details.append(f"{path}: {dict(found)} in {seconds:.1f} s")
        return Figure(f"{failed} of {REQUESTS * len(PATHS)}", not failed, details)

    async def _run(self, port: int, path: str) -> Counter[str]:
        found = await asyncio.gather(*[ask(port, path, PATIENCE) for _ in range(REQUESTS)])
        return Counter(found)


PROBE = FewConnections()
