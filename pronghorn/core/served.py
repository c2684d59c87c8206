"""The server of the program: whether it is a command of ours, and how many processes it has."""

from __future__ import annotations

import os

#: The variable of the environment in which a command keeps the limits of its server.
SERVER_LIMITS = "PRONGHORN_SERVER_LIMITS"
#: The variable with the seconds for which a worker of Granian waits for its requests at shutdown.
GRANIAN_PATIENCE = "PRONGHORN_GRANIAN_PATIENCE"
#: The variable in which a command keeps the number of its workers; the second one is uvicorn's.
WORKERS = "PRONGHORN_WORKERS"


def is_served_by_command() -> bool:
    """Return True under `pronghorn run` and `pronghorn dev`."""
    return bool(os.environ.get(SERVER_LIMITS))


def count_workers() -> int:
    """Return the number of processes that serve the program on this machine, as far as is known."""
    text = os.environ.get(WORKERS) or os.environ.get("WEB_CONCURRENCY") or "1"
    return int(text) if text.isdecimal() else 1


def is_worker() -> bool:
    """Return True in a worker of a command of ours, whose parent has imported the program, too."""
    import multiprocessing  # Most programs do not ask.

    return WORKERS in os.environ and multiprocessing.parent_process() is not None
