"""Large bodies of JSON: for how long does the event loop stand still?

The program of the probe allows 32 MiB. `pronghorn run` by itself refuses more than its limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.bad_input.attacks import Attack
from tests.hardening.hostile.client import ask_bodies
from tests.hardening.hostile.large_requests import large_requests

SIZES = (2**20, 10_000_000)
PATIENCE = 120.0
#: The longest stall that is allowed, in seconds.
GOAL = 0.25
MANY_ERRORS = "empty lists to /numbers"
LONGEST = Attack("longest", "/longest")


class LargeJson:
    """Large bodies, one at a time."""

    name = "JSON of 1 MiB, and of 10 MB: longest stall of the event loop"
    goal = "0.25 s"
    program = "tests.hardening.hostile.large_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Send the bodies, and ask after each for the longest stall."""
        stalls: list[tuple[float, str]] = []
        longest = []
        for size in SIZES:
            found = asyncio.run(_measure(server.port, _requests(size)))
            longest.append(max(seconds for seconds, _ in found))
            stalls += ((seconds, f"{size:,} bytes, {name}") for seconds, name in found)
        details = [f"{seconds:.3f} s: {name}" for seconds, name in sorted(stalls, reverse=True)]
        text = " and ".join(f"{seconds:.2f} s" for seconds in longest)
        return Figure(text, max(longest) <= GOAL, details)


def _requests(size: int) -> Iterator[Attack]:
    """Yield the requests of one size; one with very many errors if it is small."""
    yield from large_requests(size, few=True)
    if size == SIZES[0]:
        yield from (each for each in large_requests(size) if each.name == MANY_ERRORS)


async def _measure(port: int, requests: Iterable[Attack]) -> list[tuple[float, str]]:
    found = []
    for request in requests:
        bodies = await ask_bodies(port, [LONGEST, request, LONGEST], PATIENCE)
        found.append((float(bodies[2]), request.name))
    return found


PROBE = LargeJson()
