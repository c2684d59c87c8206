"""Print rows for people, and times as they say them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["ago", "print_rows"]

_PIPE_WIDTH = 1000
#: The units of a time span, the largest first, in seconds.
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def print_rows(titles: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Write rows to standard output as a table; to a pipe, as one line for each row.

    Args:
        titles: The titles of the columns.
        rows: The cells of each row.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    table = Table(*titles, box=None, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    with console.capture() as capture:
        console.print(table)
    # Cells are padded to the width of their column, including the last column.
    print("\n".join(line.rstrip() for line in capture.get().splitlines()))


def ago(moment: datetime | None) -> str:
    """Return how long ago a moment is, or in which time: `12 s ago`, `in 3 h`; empty for None."""
    if moment is None:
        return ""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    text = _span(abs(seconds))
    return f"in {text}" if seconds < -1 else f"{text} ago"


def _span(seconds: float) -> str:
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
