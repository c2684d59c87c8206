"""Decide from what a statement has taken whether it runs in the thread of the event loop."""

from __future__ import annotations

#: A statement may run over its budget in one of so many reads, and keeps its place.
READS_FOR_ONE_OVERRUN = 100
#: For so many reads a statement stays away that has run over its budget too often.
READS_AWAY = 1000


class Pace:
    """Count how often a statement has run over its budget lately.

    The second overrun within `READS_FOR_ONE_OVERRUN` reads sends the statement away. It is tried
    again after `READS_AWAY` reads, since the machine may only have been busy, and one more overrun
    sends it away again.
    """

    __slots__ = ("_away", "_debt")

    def __init__(self) -> None:
        self._away = 0
        self._debt = 0

    def is_away(self) -> bool:
        """Return whether the next read is for a thread, and count it."""
        if not self._away:
            return False
        self._away -= 1
        return True

    def note(self, *, overrun: bool) -> None:
        """Note a read in the thread of the event loop."""
        if not overrun:
            if self._debt:
                self._debt -= 1
        elif self._debt:
            self._away = READS_AWAY
            self._debt = READS_FOR_ONE_OVERRUN
        else:
            self._debt = READS_FOR_ONE_OVERRUN
