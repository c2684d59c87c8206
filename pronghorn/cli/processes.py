"""End the processes of a server in cases that the server does not handle."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

__all__ = ["end_with_parent"]

_PAUSES_BETWEEN_SIGNALS = (1, 1, 2, 4, 8, 16)
"""Seconds."""


def end_with_parent() -> None:
    """End this process when the process ends that started it.

    A reloader or supervisor that is killed cannot end the processes that serve, which would keep
    the port.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        # A server that is still starting may not listen for the signal yet, and lose it.
        for pause in _PAUSES_BETWEEN_SIGNALS:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(pause)

    threading.Thread(target=wait, name="pronghorn-end-with-parent", daemon=True).start()
