"""Decide from what a statement has taken whether it runs in the thread of the event loop."""

from __future__ import annotations

#: What a read owes that was too long for certain; each read that was not pays one back.
CERTAIN = 100
#: What a read owes that has taken too much time for its steps: the machine or the disk was busy.
DOUBTFUL = 20
#: A statement that owes more stays away.
MOST_OWED = 100
#: For so many reads it stays away, and is then tried again.
READS_AWAY = 1000


class Pace:
    """Count how often a statement has run over its budget lately.

    The second certain overrun within a hundred reads sends the statement away for a thousand, and
    so does each further one.
    """

    __slots__ = ("_away", "_owed")

    def __init__(self) -> None:
        self._away = 0
        self._owed = 0

    def is_away(self) -> bool:
        """Return whether the next read is for a thread, and count it."""
        if not self._away:
            return False
        self._away -= 1
        return True

    def note(self, owed: int) -> None:
        """Note a read in the thread of the event loop, and what it owes."""
        if owed:
            self._owed += owed
            if self._owed > MOST_OWED:
                self._owed = MOST_OWED
                self._away = READS_AWAY
        elif self._owed:
            self._owed -= 1
