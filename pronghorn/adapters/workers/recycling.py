"""Replace workers that are old or have grown, before they harm anybody."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable
from pathlib import Path

from pronghorn.adapters.workers.supervision import Supervision
from pronghorn.adapters.workers.worker import Worker

__all__ = ["Recycling", "has_memory_of_processes", "resident_bytes"]

#: Each worker gets a limit of its own between this part of the limit and all of it, so that
#: workers, and hosts that were started together, are not recycled together.
LEAST_PART = 0.9
#: Seconds between two looks at the memory of workers.
INTERVAL = 1.0
#: Seconds for which a worker is kept that came for one that had grown: a program that needs more
#: than the limit anyway would otherwise start all the time.
PAUSE = 60.0
#: Seconds until a worker is recycled again whose successor did not start.
AFTER_FAILURE = 60.0
MEBIBYTE = 1024 * 1024
_STATM = Path("/proc/self/statm")


def has_memory_of_processes() -> bool:
    """Return True if this system tells how much memory a process has, which Linux does."""
    return _STATM.exists()


def resident_bytes(process: int) -> int:
    """Return the resident memory of a process in bytes; 0 for one that has ended.

    Source: proc_pid_statm(5).
    """
    try:
        pages = Path(f"/proc/{process}/statm").read_bytes().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Recycling:
    """Decides which worker is to be replaced because of its age or its memory.

    Args:
        supervision: The limits.
    """

    def __init__(self, supervision: Supervision) -> None:
        self._supervision = supervision
        self._looked_at = 0.0
        self._not_before = 0.0
        self._grown: set[int] = set()

    def mark(self, worker: Worker) -> None:
        """Give a new worker limits of its own."""
        limits = self._supervision
        if limits.lifetime:
            worker.age = limits.lifetime * _part()
        if limits.memory:
            worker.memory = int(limits.memory * _part())
        if worker.place in self._grown:
            self._grown.discard(worker.place)
            worker.memory_counts = worker.born + PAUSE

    def put_off(self) -> None:
        """Recycle nobody for a while: the last successor did not start."""
        self._not_before = time.monotonic() + AFTER_FAILURE

    def find(self, workers: Iterable[Worker]) -> tuple[Worker, str] | None:
        """Return a worker that is due, and why, as a text for the log; None if there is none."""
        now = time.monotonic()
        if now < self._not_before:
            return None
        serving = [worker for worker in workers if worker.is_serving]
        for worker in serving:
            if worker.age is not None and now - worker.born > worker.age:
                return worker, f"has lived for {now - worker.born:.0f} seconds"
        if self._supervision.memory and now - self._looked_at >= INTERVAL:
            self._looked_at = now
            return self._find_grown(serving, now)
        return None

    def _find_grown(self, workers: Iterable[Worker], now: float) -> tuple[Worker, str] | None:
        for worker in workers:
            if worker.memory is None or worker.pid is None or now < worker.memory_counts:
                continue
            used = resident_bytes(worker.pid)
            if used > worker.memory:
                self._grown.add(worker.place)
                return worker, f"has {used // MEBIBYTE} MiB of memory"
        return None


def _part() -> float:
    return random.uniform(LEAST_PART, 1.0)  # noqa: S311 - nobody gains from guessing it
