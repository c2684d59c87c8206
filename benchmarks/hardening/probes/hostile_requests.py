"""Hostile requests: complete HTTP, and values that break programs.

NaN, bytes that are not UTF-8, lone surrogates, numbers of 100,000 digits, 200,000 levels, broken
forms, odd content types, for every kind of parameter and body. `tests/hardening/hostile` generates
them from a seed.
"""

from __future__ import annotations

import asyncio

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.hardening.hostile.client import send_all
from tests.hardening.hostile.requests import generate

SEED = 1
#: How many requests a server receives; the slower ones a share.
COUNTS = {"run": 200_000}
SHARE = 50_000
#: Seconds to wait for an answer, on a machine that has much else to do.
PATIENCE = 60.0


class HostileRequests:
    """Hostile requests from a seed."""

    name = "hostile requests: answers of 5xx, and requests without an answer"
    goal = "0 of 200,000"
    program = "tests.hardening.hostile.program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Send the requests, and count the answers of 5xx."""
        count = COUNTS.get(server.kind, SHARE)
        tally = asyncio.run(send_all(server.port, generate(SEED, count), PATIENCE))
        statuses = ", ".join(
            f"{status}: {tally.statuses[status]}" for status in sorted(tally.statuses)
        )
        failed = [f"{name}: {status or 'no answer'}" for name, status in tally.failed[:50]]
        return Figure(
            f"{len(tally.failed):,} of {tally.total:,}", not tally.failed, [statuses, *failed]
        )


PROBE = HostileRequests()
