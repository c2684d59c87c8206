"""Print what a deploy says; the deploy goes on if nobody can read it any more.

A release that ends in the middle because a pipe or a terminal was closed would leave new containers
beside the old ones.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import TextIO

__all__ = ["print_line", "safely"]


def print_line(text: str) -> None:
    """Print a line at once; what the encoding of the output lacks is escaped."""
    safely(lambda: _print(text))


def safely(write: Callable[[], None]) -> None:
    """Call a function that prints; from the first failure on, that output goes nowhere."""
    try:
        write()
    except OSError:
        for stream in (sys.stdout, sys.stderr):
            _silence_if_closed(stream)


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)


def _silence_if_closed(stream: TextIO) -> None:
    """Let a stream write to nowhere if it cannot be written to; what it keeps back goes there."""
    try:
        stream.flush()
        os.write(stream.fileno(), b"")
    except io.UnsupportedOperation:
        return
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
