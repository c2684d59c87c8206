"""Raw HTTP/1.1 requests: what servers do where RFC 9110 and RFC 9112 say MUST.

The table is `tests/hardening/raw`; `make test` judges our two servers by it.
"""

from __future__ import annotations

import asyncio

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from benchmarks.hardening.verdicts import count_failures
from tests.hardening.judge import judge_all
from tests.hardening.raw.table import CASES

#: Seconds to wait for an answer that does not come.
PATIENCE = 4.0


class RawRequests:
    """The table of raw requests."""

    name = "raw HTTP/1.1 requests that a MUST of the RFCs decides: wrong outcomes"
    goal = "0"
    program = "tests.hardening.program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Send all raw requests, and count the wrong outcomes."""
        return count_failures(asyncio.run(judge_all(server.port, CASES, PATIENCE)))


PROBE = RawRequests()
