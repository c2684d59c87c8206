"""Blocked `def` handlers: is the process still seen to live?"""

from __future__ import annotations

import asyncio
import time

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.hardening.plain_client import ask

HANDLERS = 200
#: Seconds for which each handler blocks; 40 of them have threads at a time.
BLOCKED_FOR = 1.0
PATIENCE = 60.0


class BlockedHandlers:
    """Asks `/live` while 200 requests block the threads.

    On FastAPI `/live` is a `def` endpoint, as its documentation writes endpoints. The figure of an
    `async def` endpoint is given, too.
    """

    name = "200 blocked `def` handlers: slowest answer of `/live`"
    goal = "100 ms"
    program = "tests.hardening.blocked_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Block the threads, and return the slowest answer."""
        live, other = asyncio.run(self._run(server.port))
        text = f"{live * 1000:,.0f} ms"
        return Figure(text, live < 0.1, [f"an `async def` endpoint: {other * 1000:,.0f} ms"])

    async def _run(self, port: int) -> tuple[float, float]:
        blocked = [
            asyncio.create_task(ask(port, f"/block?seconds={BLOCKED_FOR}", PATIENCE))
            for _ in range(HANDLERS)
        ]
        await asyncio.sleep(0.3)
        slowest = {"/live": 0.0, "/async": 0.0}
        while not all(task.done() for task in blocked):
            for path in tuple(slowest):
                start = time.perf_counter()
                await ask(port, path, PATIENCE)
                slowest[path] = max(slowest[path], time.perf_counter() - start)
            await asyncio.sleep(0.05)
        return slowest["/live"], slowest["/async"]


PROBE = BlockedHandlers()
