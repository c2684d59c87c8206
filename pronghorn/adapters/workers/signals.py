"""The signals that end a server, and what the second of them does."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

__all__ = ["BY_ANYBODY", "SAME_SIGNAL", "end_at_once", "flush_output"]

#: The second of two signals within this number of seconds is the same one, sent to a whole group.
SAME_SIGNAL = 0.3
#: The signals that end a process at once if they are its second one.
BY_ANYBODY = frozenset([signal.SIGINT, signal.SIGTERM])


def end_at_once(number: int) -> None:
    """End this process by a signal; its exit code is the one that shells show for it.

    The signal itself would not end a process that is the first one of a container.
    """
    flush_output()
    os._exit(128 + number)


def flush_output() -> None:
    """Write what standard output and standard error keep back, whatever state they are in."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # It may be closed, or in use by the thread that is interrupted.
            stream.flush()
