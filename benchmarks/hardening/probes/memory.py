"""Memory after a million requests, and after 100,000 clients that vanish."""

from __future__ import annotations

import asyncio
import time

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.hardening.mixed_load import BATCH, open_websockets, send_batches, vanish

REQUESTS, WEBSOCKETS, CLIENTS = 1_000_000, 10_000, 100_000
#: The reference takes several times as long for a request, so it gets a part of them.
PART_OF_REFERENCE = 5
#: The part before which nothing is counted.
WARM_UP = 0.2
#: Seconds in which connections are closed and threads end.
PAUSE = 2.0
MOST_MIB = 1.0


class Memory:
    """Sends requests of every kind, then lets clients vanish at any point of a request."""

    name = "memory after 1,000,000 requests, and after 100,000 clients that vanish"
    goal = "+1 MiB each"
    program = "tests.hardening.memory_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Send requests, and return by how much the memory of the server has grown."""
        part = PART_OF_REFERENCE if server.kind == "fastapi" else 1
        requests, clients = REQUESTS // part, CLIENTS // part
        self._send(server, int(requests * WARM_UP), WEBSOCKETS // part, 0)
        self._vanish(server, int(clients * WARM_UP), 0)
        begin = server.resident_mib()
        self._send(server, requests, WEBSOCKETS // part, requests)
        middle = server.resident_mib()
        self._vanish(server, clients, 1)
        end = server.resident_mib()
        text = f"{middle - begin:+.1f} MiB, {end - middle:+.1f} MiB"
        if part > 1:
            text += f" ({requests:,} and {clients:,})"
        details = [
            f"{begin:.1f} MiB, {middle:.1f} MiB, {end:.1f} MiB",
            f"{server.open_files()} files",
        ]
        is_reached = max(middle - begin, end - middle) < MOST_MIB
        return Figure(text, is_reached, details)

    def _send(self, server: Server, requests: int, websockets: int, first: int) -> None:
        count = requests // BATCH
        answered = asyncio.run(send_batches(server.port, first, count))
        if answered != count * BATCH:
            raise RuntimeError(f"{answered} of {count * BATCH} requests were answered")
        asyncio.run(open_websockets(server.port, websockets))
        time.sleep(PAUSE)

    def _vanish(self, server: Server, clients: int, seed: int) -> None:
        asyncio.run(vanish(server.port, clients, seed))
        time.sleep(PAUSE)


PROBE = Memory()
