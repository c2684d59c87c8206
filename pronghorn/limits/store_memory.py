"""Counts in the memory of one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from pronghorn.limits.store import Change
from pronghorn.limits.windows import Charge, Count, Window

#: With fewer keys, nobody looks for those that are over.
_FEW = 1024


def _milliseconds() -> int:
    return time.monotonic_ns() // 1_000_000


class MemoryStore:
    """Counts in a dictionary. Each call ends without a wait, so none can come between.

    Args:
        clock: Returns the time in milliseconds.
    """

    is_remote = False

    def __init__(self, clock: Callable[[], int] = _milliseconds) -> None:
        self._clock = clock
        #: The end of the time for which a state matters, and the state.
        self._windows: dict[str, tuple[int, Window]] = {}
        self._sweep_at = _FEW

    async def take(self, charges: Sequence[Charge]) -> list[Count]:
        """Take all charges if each of them fits, else none; see `Store`."""
        now = self._clock()
        states = [self._read(charge, now) for charge in charges]
        fits = [
            state.sum_up(now, charge.window) + charge.cost < charge.amount + 1
            for charge, state in zip(charges, states, strict=True)
        ]
        if all(fits):
            states = [
                state._replace(current=state.current + charge.cost)
                for charge, state in zip(charges, states, strict=True)
            ]
            for charge, state in zip(charges, states, strict=True):
                self._windows[charge.key] = state.started + 2 * charge.window, state
            if len(self._windows) > self._sweep_at:
                self._sweep(now)
        return [
            Count(charge, state, now, fit)
            for charge, state, fit in zip(charges, states, fits, strict=True)
        ]

    async def change(self, changes: Sequence[Change]) -> None:
        """Correct charges, also beyond the quota; see `Store`."""
        for key, length, started, by in changes:
            found = self._windows.get(key)
            if found is not None:
                self._windows[key] = found[0], found[1].change(started, length, by)

    def _read(self, charge: Charge, now: int) -> Window:
        found = self._windows.get(charge.key)
        return Window(now, 0, 0) if found is None else found[1].at(now, charge.window)

    def _sweep(self, now: int) -> None:
        """Forget what is over; the next time comes when there are twice as many keys as now."""
        self._windows = {key: found for key, found in self._windows.items() if found[0] > now}
        self._sweep_at = max(_FEW, 2 * len(self._windows))
