"""The supervisor of workers: it replaces those that die, and ends without losing an answer.

uvicorn's looks every half second, and waits up to five more for each worker that does not answer:
for one that starts as for one that hangs. Until then it sees neither the death of another worker
nor a signal. This one waits for all of them at once.
"""

from __future__ import annotations

import logging
import multiprocessing.connection
import os
import signal
import time
from collections import deque
from collections.abc import Sequence
from socket import socket
from types import FrameType
from typing import Any

from uvicorn.config import Config
from uvicorn.supervisors.multiprocess import Multiprocess

from pronghorn.adapters.uvicorn.server import BY_ANYBODY, SAME_SIGNAL, end_at_once, patience
from pronghorn.adapters.uvicorn.worker import START, Worker

__all__ = ["Supervisor"]

#: Seconds between two questions to a worker whether it answers.
INTERVAL = 0.5
#: Seconds between two looks whether the next worker of a rolling restart serves.
STEP = 0.05
#: A worker that lives shorter than this number of seconds has crashed at its start.
SHORT_LIFE = 5.0
#: Seconds until a worker that crashes at its start is replaced: first at once, then ever later.
PAUSES = (0.0, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
#: Seconds beyond its own patience after which a worker that should have ended is killed.
MARGIN = 2.0

logger = logging.getLogger("uvicorn.error")


class Supervisor(Multiprocess):
    """Starts workers, replaces those that die or hang, and passes signals on.

    SIGTERM and SIGINT end all workers, a second one ends them at once. SIGHUP puts new workers in
    the place of the old ones, one after the other.

    Args:
        config: uvicorn's configuration.
        sockets: The sockets that all workers listen on.
        drain: Seconds for which workers keep the port open after SIGTERM.

    Attributes:
        exit_code: What the command ends with.
    """

    processes: list[Any]

    def __init__(self, config: Config, sockets: list[socket], drain: float) -> None:
        self._wake, self._bell = os.pipe()
        os.set_blocking(self._bell, False)
        super().__init__(config, sockets)
        self.exit_code = 0
        self._patience = drain + patience(config) + MARGIN
        self._told: tuple[int, float] | None = None
        self._was_serving = False
        #: For each place, how often its worker has crashed at its start, one after the other.
        self._crashes: dict[int, int] = {}
        #: The places without a worker, and when they get one.
        self._empty: dict[int, float] = {}
        #: The places that get a new worker because of SIGHUP.
        self._rolling: deque[int] = deque()
        #: The worker that is to take the place of an old one as soon as it serves.
        self._next: Worker | None = None
        #: Workers that were told to end, and when they are killed.
        self._leaving: dict[Worker, float] = {}
        for number in (
            signal.SIGINT,
            signal.SIGTERM,
            signal.SIGHUP,
            signal.SIGTTIN,
            signal.SIGTTOU,
        ):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number in BY_ANYBODY and self._told is not None:
            if time.monotonic() - self._told[1] > SAME_SIGNAL:
                self._end_at_once(number)
            return
        if number in BY_ANYBODY:
            self._told = number, time.monotonic()
        self.signal_queue.append(number)
        os.write(self._bell, b"!")

    def _end_at_once(self, number: int) -> None:
        for worker in self._all():
            worker.tell(signal.SIGKILL)
        end_at_once(number)

    # --- the loop -------------------------------------------------------------------------------

    def run(self) -> None:
        """Supervise until a signal, or until the first worker of all cannot start."""
        logger.info("Started parent process [%d]", os.getpid())
        self.init_processes()
        while not self.should_exit.is_set():
            self._wait(INTERVAL)
            self.handle_signals()
            self.keep_subprocess_alive()
        self._end()
        logger.info("Stopping parent process [%d]", os.getpid())

    def init_processes(self) -> None:
        """Start all workers."""
        for place in range(self.processes_num):
            self.processes.append(self._start(place))

    def keep_subprocess_alive(self) -> None:
        """Replace workers that have died or hang, and go on with a rolling restart."""
        for worker in self._all():
            worker.hear()
            self._was_serving = self._was_serving or worker.is_serving
            worker.ask()
        self._bury_leaving()
        for worker in list(self.processes):
            if self.should_exit.is_set():
                return
            if worker is not None:
                self._check(worker)
        self._fill_places()
        self._roll()

    def _check(self, worker: Worker) -> None:
        if worker.is_silent(self.config.timeout_worker_healthcheck):
            logger.error("Child process [%s] does not answer, and is killed", worker.pid)
            worker.end()
        code = worker.exitcode
        if code is None:
            return
        worker.process.join()
        if code > 0 and not self._was_serving:
            logger.error(
                "Child process [%s] failed to start, stopping the parent process.", worker.pid
            )
            self.exit_code = code
            self.should_exit.set()
            return
        self._replace(worker)

    def _replace(self, worker: Worker) -> None:
        place, now = worker.place, time.monotonic()
        has_crashed = worker.exitcode != 0 or not worker.is_serving  # Else it had its requests.
        is_early = has_crashed and now - worker.born < SHORT_LIFE
        crashes = self._crashes.get(place, 0) + 1 if is_early else 0
        self._crashes[place] = crashes
        pause = PAUSES[min(max(crashes - 1, 0), len(PAUSES) - 1)]
        when = f"in {pause:g} seconds" if pause else "now"
        logger.error(
            "Child process [%s] died (%s), and is replaced %s",
            worker.pid,
            _describe(worker.exitcode),
            when,
        )
        self.processes[place] = None
        self._empty[place] = now + pause

    def _fill_places(self) -> None:
        now = time.monotonic()
        for place, at in list(self._empty.items()):
            if now >= at:
                del self._empty[place]
                self.processes[place] = self._start(place)

    def _start(self, place: int) -> Worker:
        worker = Worker(self.config, self.sockets, place)
        worker.start()
        return worker

    def _wait(self, seconds: float) -> None:
        """Wait for a signal, the end or an answer of a worker, or for some seconds."""
        until = min([seconds, *(at - time.monotonic() for at in self._empty.values())])
        if self._next is not None:
            until = min(until, STEP)
        watched: list[Any] = [self._wake]
        watched += [worker.process.sentinel for worker in self._all() if worker.exitcode is None]
        ready = multiprocessing.connection.wait(watched, max(until, 0.0))
        if self._wake in ready:
            os.read(self._wake, 4096)

    def _all(self) -> Sequence[Worker]:
        present = [worker for worker in self.processes if worker is not None]
        return [*present, *([self._next] if self._next else []), *self._leaving]

    # --- a rolling restart ----------------------------------------------------------------------

    def restart_all(self) -> None:
        """Begin to replace each worker, for SIGHUP; signals and deaths are seen meanwhile."""
        self._rolling = deque(range(len(self.processes)))

    def _roll(self) -> None:
        if self._next is None:
            if self._rolling:
                self._next = self._start(self._rolling.popleft())
            return
        worker, place = self._next, self._next.place
        if worker.is_serving:
            self._next = None
            old, self.processes[place] = self.processes[place], worker
            self._empty.pop(place, None)
            if old is not None:
                self._let_go(old)
        elif worker.exitcode is not None or time.monotonic() - worker.born > START:
            self._next = None
            self._rolling.clear()
            worker.end()
            logger.error("New child process [%s] did not start; the old ones stay", worker.pid)

    def _let_go(self, worker: Worker) -> None:
        """Tell a worker to end without draining: another one listens on the same port."""
        worker.tell(signal.SIGINT)
        self._leaving[worker] = time.monotonic() + self._patience

    def _bury_leaving(self) -> None:
        for worker, deadline in list(self._leaving.items()):
            if worker.exitcode is None and time.monotonic() > deadline:
                logger.error("Child process [%s] did not end, and is killed", worker.pid)
                worker.end()
            if worker.exitcode is not None:
                worker.process.join()
                del self._leaving[worker]

    def handle_ttin(self) -> None:
        """Start one more worker."""
        logger.info("Received SIGTTIN, increasing the number of processes.")
        self.processes_num += 1
        self.processes.append(self._start(len(self.processes)))

    def handle_ttou(self) -> None:
        """End a worker, unless it is the last one."""
        if self.processes_num <= 1:
            logger.info("Already reached one process, cannot decrease the number of processes.")
            return
        logger.info("Received SIGTTOU, decreasing number of processes.")
        self.processes_num -= 1
        worker = self.processes.pop()
        self._empty.pop(len(self.processes), None)
        self._rolling = deque(place for place in self._rolling if place < len(self.processes))
        if worker is not None:
            self._let_go(worker)

    # --- the end --------------------------------------------------------------------------------

    def _end(self) -> None:
        """End all workers; those that do not end in time are killed."""
        for sock in self.sockets:
            sock.close()  # Those of the workers stay open while they drain.
        number, _ = self._told or (signal.SIGINT, 0.0)  # Without draining: there is no service.
        for worker in self._all():
            worker.tell(number)
        deadline = time.monotonic() + self._patience
        while any(worker.exitcode is None for worker in self._all()):
            if time.monotonic() > deadline:
                self._kill_rest()
            self._wait(INTERVAL)
        for worker in self._all():
            worker.process.join()

    def _kill_rest(self) -> None:
        for worker in self._all():
            if worker.exitcode is None:
                logger.error("Child process [%s] did not end, and is killed", worker.pid)
                worker.end()
                self.exit_code = self.exit_code or 1


def _describe(code: int | None) -> str:
    if code is None:
        return "unknown"
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
