"""The ids of the events of a stream, which clients send back to go on behind an event."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["BEGINNING", "TEXT", "Position", "read_position"]

#: The id of an event, or nothing. Numbers are short enough for the integers of a database.
TEXT = r"^(?:([0-9]{1,9})\.(?:(end)|([0-9]{1,15})\.([0-9]{1,18})))?$"


class Position(NamedTuple):
    """A place in a stream: behind one of its events.

    Attributes:
        run: The run of the producer, from 1 on; 0 is before the first.
        number: The number of the event in its run, from 1 on; 0 is before the first.
        cursor: The id in the log behind which the next event is found; 0 for the beginning.
        is_end: True behind the last event, which says how the stream has ended.
    """

    run: int
    number: int
    cursor: int
    is_end: bool = False

    def __str__(self) -> str:
        """Return the id of the event."""
        return f"{self.run}.end" if self.is_end else f"{self.run}.{self.number}.{self.cursor}"


BEGINNING = Position(0, 0, 0)


def read_position(text: str) -> Position | None:
    """Return the place that a client names.

    Args:
        text: The id of an event; empty for the beginning.

    Returns:
        The place; None if the text is not the id of an event.
    """
    if not text:
        return BEGINNING
    found = re.fullmatch(TEXT, text)
    if found is None:
        return None
    run, end, number, cursor = found.groups()
    if end:
        return Position(int(run), 0, 0, is_end=True)
    return Position(int(run), int(number), int(cursor))
