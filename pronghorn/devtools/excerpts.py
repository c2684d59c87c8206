"""Read the lines of a source file around one of them, whatever the file holds."""

from __future__ import annotations

import linecache
from pathlib import Path
from typing import NamedTuple

__all__ = ["Line", "lines_around", "printable"]

_AROUND = 5
_WIDEST = 200
_LARGEST = 5_000_000


class Line(NamedTuple):
    """One line of a source file: its number, counted from 1, and its text."""

    number: int
    text: str


def lines_around(file: str, line: int) -> tuple[Line, ...]:
    """Return a line of a file and its neighbours.

    Args:
        file: The name of the file as in `code.co_filename`; it need not exist.
        line: The number of the line, counted from 1.

    Returns:
        Up to five lines on each side. Long lines are cut, and bytes that are not characters are
            shown as `�`. Nothing if there is no such file or no such line.
    """
    lines = _lines_of(file)
    first, last = max(line - _AROUND, 1), min(line + _AROUND, len(lines))
    if not 1 <= line <= len(lines):
        return ()
    return tuple(Line(number, _cut_line(lines[number - 1])) for number in range(first, last + 1))


def printable(text: str) -> str:
    """Return a text in which control characters are escapes, except for ends of lines."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text.replace("\t", "    ")
    )


def _cut_line(text: str) -> str:
    text = text.rstrip("\r\n")
    return printable(text[:_WIDEST]) + ("…" if len(text) > _WIDEST else "")


def _lines_of(file: str) -> list[str]:
    if file not in linecache.cache or not file.startswith("<"):  # Generated code has no file.
        if not _is_readable(file):
            return []
        linecache.checkcache(file)
    return linecache.getlines(file) or _decode(file)


def _is_readable(file: str) -> bool:
    """Return True for a file of a usual size.

    Devices have no end, and what the system reports under `/proc`, which has no size, is no source.
    """
    try:
        path = Path(file)
        return path.is_file() and 0 < path.stat().st_size <= _LARGEST
    except (OSError, ValueError):
        return False


def _decode(file: str) -> list[str]:
    """Return the lines of a file that Python cannot decode, which is why it has no other lines."""
    try:
        return Path(file).read_bytes().decode("utf-8", "replace").split("\n")
    except (OSError, ValueError):
        return []
