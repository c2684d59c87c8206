"""SIGTERM with open streams and WebSockets: how they end, and whether the server does."""

from __future__ import annotations

import asyncio
import time

from benchmarks.hardening.leaving import leave_streams
from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server

NUMBER = 50
#: Seconds in which an orchestrator expects the end.
MOST = 25.5


class SigtermWithStreams:
    """Streams of events and WebSockets that never end by themselves."""

    name = "SIGTERM with 50 SSE and 50 WebSockets open: complete, closed with 1012, exit in 25 s"
    goal = "50, 50, exit code 0 after the lifespan"
    program = "tests.hardening.leaving_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Open streams and WebSockets, tell the server to end, and wait."""
        begun = time.monotonic()
        ended, codes = asyncio.run(leave_streams(server, NUMBER, "/events", "/ws"))
        code = server.wait_for_end(max(0.1, MOST - (time.monotonic() - begun)))
        seconds = time.monotonic() - begun
        has_ended = "the lifespan ends" in server.read_output()
        exit_text = "no exit" if code is None else f"exit code {code} after {seconds:.0f} s"
        lifespan = "" if has_ended else ", no lifespan shutdown"
        text = f"{sum(ended)}, {codes.count(1012)}, {exit_text}{lifespan}"
        is_reached = all(ended) and codes == [1012] * NUMBER and code == 0 and has_ended
        return Figure(text, is_reached, [f"codes {sorted(set(map(str, codes)))}"])


PROBE = SigtermWithStreams()
