"""The arithmetic of a sliding window: how much of a quota is used, and when more is free.

A window begins with its first charge and lasts as long as the quota says. The next one follows at
once, and as it goes on, the sum of the one before counts less and less: after a quarter of the
window, three quarters of it, rounded down. Two numbers are enough for each key, and within one
window a quota is held exactly. All stores count in this way.

A clock may be set back. By less than a window, the window only lasts longer; by more, another one
begins, since nobody should wait until the clock has been there again.
"""

from __future__ import annotations

from math import ceil
from typing import NamedTuple


class Charge(NamedTuple):
    """The part of one quota that one request takes.

    Attributes:
        key: The quota and whose it is, as a short text.
        amount: The quota.
        window: Its window in milliseconds.
        cost: What to take; from 0 to the amount.
    """

    key: str
    amount: int
    window: int
    cost: int


class Window(NamedTuple):
    """The state of one key, as a store keeps it. Times are milliseconds since 1970.

    Attributes:
        started: The begin of the current window.
        current: What was taken in it.
        previous: What was taken in the window before.
    """

    started: int
    current: int
    previous: int

    def at(self, now: int, length: int) -> Window:
        """Return the state at a later time.

        Args:
            now: The time.
            length: The length of a window in milliseconds.
        """
        elapsed = now - self.started
        if -length < elapsed < length:
            return self
        if length <= elapsed < 2 * length:
            return Window(self.started + length, 0, self.current)
        return Window(now, 0, 0)

    def sum_up(self, now: int, length: int) -> float:
        """Return what counts now as taken; the state must be that of now."""
        return self.previous * (self.started + length - now) / length + self.current

    def change(self, started: int, length: int, by: int) -> Window:
        """Return the state after a change of an earlier charge.

        Args:
            started: The begin of the window in which it was taken.
            length: The length of a window in milliseconds.
            by: What to add; negative to give back.
        """
        if self.started == started:
            return self._replace(current=max(0, self.current + by))
        if self.started == started + length:
            return self._replace(previous=max(0, self.previous + by))
        return self


class Count(NamedTuple):
    """The answer of a store for one charge.

    Attributes:
        charge: What was asked for.
        window: The state of the key afterwards.
        now: The time of the store.
        fits: Whether the quota has room for the charge.
    """

    charge: Charge
    window: Window
    now: int
    fits: bool

    @property
    def remaining(self) -> int:
        """Return what is left of the quota."""
        return max(0, self.charge.amount - int(self.window.sum_up(self.now, self.charge.window)))

    @property
    def resets_after(self) -> int:
        """Return the seconds until the current window ends, rounded up."""
        return _to_seconds(self.window.started + self.charge.window - self.now)

    @property
    def retry_after(self) -> int:
        """Return the seconds until the same charge would fit, if nobody else takes anything."""
        charge, window = self.charge, self.window
        left = window.started + charge.window - self.now
        room = charge.amount + 1 - charge.cost
        if window.current < room and window.previous:
            wait = left - (room - window.current) * charge.window / window.previous
        elif window.current:
            wait = left + max(0.0, charge.window * (1 - room / window.current))
        else:
            wait = 0.0
        return _to_seconds(wait + 1)  # Exactly then it does not fit yet.


def _to_seconds(milliseconds: float) -> int:
    return max(1, ceil(milliseconds / 1000))
