"""When jobs were sent, and when they began: nanoseconds of the clock that all processes share."""

from __future__ import annotations

import asyncio
import time

from benchmarks.record import MeasurementError

#: The time at which each job was sent, zero for one that only warms up; and when it began.
NOTES: list[tuple[int, int]] = []
PATIENCE_SECONDS = 120.0


def note(sent: int) -> None:
    """Note that a job begins.

    Args:
        sent: When it was sent.
    """
    NOTES.append((sent, time.monotonic_ns()))


async def wait_for(count: int) -> None:
    """Return when so many jobs have begun.

    Raises:
        MeasurementError: They did not in time.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(NOTES) < count:
        if time.monotonic() > deadline:
            raise MeasurementError(f"Only {len(NOTES)} of {count} jobs have begun.")
        await asyncio.sleep(0.02)
