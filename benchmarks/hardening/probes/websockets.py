"""WebSocket connections: what servers do where RFC 6455 and RFC 7692 say MUST.

The table is `tests/hardening/websocket`; `make test` judges our two servers by it.
"""

from __future__ import annotations

import asyncio

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from benchmarks.hardening.verdicts import count_failures
from tests.hardening.websocket.table import CASES
from tests.hardening.websocket_judge import judge_all

#: Seconds to wait for an answer that does not come.
PATIENCE = 5.0


class WebSocketCases:
    """The table of WebSocket connections."""

    name = "WebSocket connections that a MUST or the limit of 1 MiB decides: wrong outcomes"
    goal = "0"
    program = "tests.hardening.websocket_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Open all connections of the table, and count the wrong outcomes."""
        return count_failures(asyncio.run(judge_all(server.port, CASES, PATIENCE)))


PROBE = WebSocketCases()
