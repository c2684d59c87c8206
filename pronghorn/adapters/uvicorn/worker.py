"""One worker process, as its supervisor sees it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from socket import socket

from uvicorn.config import Config
from uvicorn.supervisors.multiprocess import Process

from pronghorn.adapters.server_limits import read_limits
from pronghorn.adapters.uvicorn.server import BY_SUPERVISOR, DrainingServer
from pronghorn.core.process_end import end_with_threads

__all__ = ["Worker"]

#: Seconds in which a new process has to answer for the first time: it starts an interpreter.
START = 60.0


class Worker(Process):
    """A worker, which is asked from time to time whether it still answers, without waiting for it.

    Attributes:
        is_serving: True once it has said that it serves.
        born: When it was started.
        place: Its place among the workers.
    """

    def __init__(self, config: Config, sockets: list[socket], place: int) -> None:
        self._draining: DrainingServer | None = None
        super().__init__(config, sockets)
        self.place = place
        self.born = time.monotonic()
        self.is_serving = False
        self._answers = False
        self._asked_at: float | None = None

    @property
    def server(self) -> DrainingServer:
        """Return the server of this process; only the worker itself asks."""
        if self._draining is None:
            self._draining = DrainingServer(self.config, read_limits().drain, BY_SUPERVISOR)
        return self._draining

    def target(self, sockets: list[socket] | None = None) -> None:
        """Serve, in the worker; its process ends even if threads of the program go on."""
        with suppress(KeyboardInterrupt):  # uvicorn repeats SIGINT when it has ended.
            super().target(sockets)
        end_with_threads()

    def start(self) -> None:
        """Start the process."""
        super().start()
        self.child_conn.close()  # Only the child's copy is left, so that its end is noticed.

    def ask(self) -> None:
        """Ask whether it answers, unless it has not answered the last question yet."""
        if self._asked_at is None:
            with suppress(OSError):  # It has just ended.
                self.parent_conn.send(b"ping")
                self._asked_at = time.monotonic()

    def hear(self) -> None:
        """Take its answer, if there is one."""
        try:
            while self.parent_conn.poll(0):
                self.is_serving = bool(self.parent_conn.recv()) or self.is_serving
                self._answers, self._asked_at = True, None
        except (OSError, EOFError):
            return  # It has ended.

    def is_silent(self, patience: float) -> bool:
        """Return True if it has not answered for a number of seconds.

        Args:
            patience: The seconds; a process that has not answered yet may take longer to start.
        """
        limit = patience if self._answers else max(patience, START)
        return self._asked_at is not None and time.monotonic() - self._asked_at > limit

    def tell(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.process.exitcode is None and self.process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def end(self) -> None:
        """Kill it, and wait for its end."""
        self.tell(signal.SIGKILL)
        self.process.join()
