"""One worker process, as its supervisor sees it, and the supervisor, as the worker sees it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

__all__ = ["Worker", "answer_supervisor"]

PING, LEAVE = b"ping", b"leave"


class Worker:
    """A worker, which is asked from time to time whether it still answers, without waiting for it.

    Args:
        process: The process, not yet started.
        connection: The supervisor's end of a pipe between both.
        far_end: The worker's end, which is closed here once the process has it.
        place: Its place among the workers.

    Attributes:
        is_serving: True once it has said that it serves.
        born: When it was started.
        place: Its place among the workers.
        age: Seconds after which it is recycled; None for never.
        memory: Resident bytes above which it is recycled; None for never.
        memory_counts: The time from which its memory counts.
    """

    def __init__(
        self, process: BaseProcess, connection: Connection, far_end: Connection, place: int
    ) -> None:
        self.process = process
        self.place = place
        self.born = time.monotonic()
        self.is_serving = False
        self.age: float | None = None
        self.memory: int | None = None
        self.memory_counts = self.born
        self._connection = connection
        self._far_end = far_end
        self._answers = False
        self._asked_at: float | None = None

    @property
    def pid(self) -> int | None:
        """Return the number of the process."""
        return self.process.pid

    @property
    def exitcode(self) -> int | None:
        """Return what the process has ended with; None while it runs."""
        return self.process.exitcode

    def start(self) -> None:
        """Start the process."""
        self.process.start()
        self._far_end.close()  # Only the worker's copy is left, so that its end is noticed.

    def ask(self) -> None:
        """Ask whether it answers, unless it has not answered the last question yet."""
        if self._asked_at is None:
            with suppress(OSError):  # It has just ended.
                self._connection.send(PING)
                self._asked_at = time.monotonic()

    def hear(self) -> None:
        """Take its answer, if there is one."""
        try:
            while self._connection.poll(0):
                self.is_serving = bool(self._connection.recv()) or self.is_serving
                self._answers, self._asked_at = True, None
        except (OSError, EOFError):
            return  # It has ended.

    def is_silent(self, patience: float, start: float) -> bool:
        """Return True if it has not answered for a number of seconds.

        Args:
            patience: The seconds of a process that has answered before.
            start: The seconds of one that has not: it starts an interpreter.
        """
        limit = patience if self._answers else max(patience, start)
        return self._asked_at is not None and time.monotonic() - self._asked_at > limit

    def leave(self) -> None:
        """Tell it to end without losing an answer: others accept the next connections."""
        with suppress(OSError):  # It has just ended.
            self._connection.send(LEAVE)

    def tell(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.process.exitcode is None and self.process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def end(self) -> None:
        """Kill it, and wait for its end."""
        self.tell(signal.SIGKILL)
        self.process.join()


def answer_supervisor(
    connection: Connection, is_serving: Callable[[], bool], leave: Callable[[], None]
) -> None:
    """Answer the questions of the supervisor from now on, in a thread of the worker.

    Args:
        connection: The worker's end of the pipe.
        is_serving: Whether the server has started; called in the thread.
        leave: Ends the server without losing an answer; called in the thread, at most once.
    """

    def answer() -> None:
        with suppress(OSError, EOFError):  # The supervisor has ended, and this process will.
            while connection.recv() != LEAVE:
                connection.send(is_serving())
            leave()

    threading.Thread(target=answer, name="pronghorn-supervised", daemon=True).start()
