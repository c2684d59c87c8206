"""End a process whose work is done."""

from __future__ import annotations

import os
import sys
import threading

__all__ = ["end_with_threads"]


def end_with_threads(exit_code: int = 0) -> None:
    """End this process now if the program has threads that Python would wait for.

    The command imports the program to check it. If other processes serve it, its threads in this
    process have nothing to do, and nobody tells them to end.

    Args:
        exit_code: The exit code of this process.
    """
    threads = [one for one in threading.enumerate() if one is not threading.main_thread()]
    if all(one.daemon for one in threads):
        return
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(exit_code)
