"""Read a small file in one piece, so that a response needs one hop to a worker thread for it.

A file is read only if it is the one that was looked at before, and only as far as its length was
then: the response has promised that length in its head.
"""

from __future__ import annotations

import os
from stat import S_ISREG

#: Files up to this many bytes are read in one piece. A client that reads slowly keeps as much in
#: memory, which is less than the buffers of its socket.
MAX_SMALL = 256 * 1024

#: Windows would translate the ends of lines.
_READ_BYTES = os.O_RDONLY | getattr(os, "O_BINARY", 0)

Path = str | os.PathLike[str]


def is_small(status: os.stat_result) -> bool:
    """Return whether a file can be read in one piece."""
    return S_ISREG(status.st_mode) and status.st_size <= MAX_SMALL


def read_small_file(path: Path, expected: os.stat_result) -> bytes | None:
    """Return the content of a file.

    Args:
        path: The path of the file.
        expected: The status that the file had when it was looked up.

    Returns:
        As many bytes as `expected` says. None if the file is long, is not a regular file, cannot be
        read, or is not the same file any more.
    """
    if not is_small(expected):
        return None
    try:
        descriptor = os.open(path, _READ_BYTES)
    except OSError:
        return None
    try:
        if not _is_same(os.fstat(descriptor), expected):
            return None
        content = os.read(descriptor, expected.st_size)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return content if len(content) == expected.st_size else None


def look_and_read(path: Path) -> tuple[os.stat_result | None, bytes | None]:
    """Return the status of a file, and its content.

    The status is None if there is no file at the path. The content is None too then, and in the
    cases in which `read_small_file` returns None.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None, None
    return status, read_small_file(path, status)


def _is_same(one: os.stat_result, other: os.stat_result) -> bool:
    """Return whether two statuses are of one file that nobody has written to in between."""
    return (
        one.st_ino == other.st_ino
        and one.st_dev == other.st_dev
        and one.st_size == other.st_size
        and one.st_mtime_ns == other.st_mtime_ns
    )
