"""JSON of 10 MB: what a route answers that says nothing of sizes."""

from __future__ import annotations

import time

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.hardening.sizes import Sized, json_of, send

#: Bytes of the body.
LONG = 10_000_000


class LongJSON:
    """JSON of 10 MB for a route that says nothing of sizes."""

    name = "10 MB of JSON for a route without a limit: status"
    goal = "413"
    program = "tests.hardening.sizes_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Send it, and return the status and the time of its answer."""
        start = time.perf_counter()
        status = send(server.port, Sized("", json_of(b"/json", LONG), 413))
        taken = (time.perf_counter() - start) * 1000
        return Figure(str(status or "no answer"), status == 413, [f"answered in {taken:,.0f} ms"])


PROBE = LongJSON()
