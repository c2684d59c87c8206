"""Sizes of requests: request lines, fields, parameters, chunks, bodies and ranges."""

from __future__ import annotations

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.hardening.sizes import BODIES, FILES, FRAMING, HEADS, send


class Sizes:
    """Requests at the limits and beyond them."""

    name = "sizes of request lines, fields, parameters, bodies, ranges: wrong statuses"
    goal = "0"
    program = "tests.hardening.sizes_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Send all requests, and count the answers that are not as they must be."""
        before, wrong = server.resident_mib(), []
        requests = (*HEADS, *FRAMING, *BODIES, *FILES)
        for request in requests:
            status = send(server.port, request)
            if status != request.status:
                wrong.append(f"{request.name}: {status or 'no answer'}, not {request.status}")
        grown = f"memory: {server.resident_mib() - before:+.0f} MiB"
        return Figure(f"{len(wrong)} of {len(requests)}", not wrong, [*wrong, grown])


PROBE = Sizes()
