"""The supervisor of workers: it replaces those that die, and ends without losing an answer.

It waits for signals, for deaths, and for a command that takes its place, all at once, also while
workers are replaced one after the other or end. A step waits for one process alone only if that was
killed, or if it is the command before this one, which answers at once or is given up.
"""

from __future__ import annotations

import logging
import multiprocessing.connection
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from socket import socket
from types import FrameType
from typing import Any

from pronghorn.adapters.workers.recycling import Recycling
from pronghorn.adapters.workers.signals import BY_ANYBODY, SAME_SIGNAL, end_at_once
from pronghorn.adapters.workers.succession import Succession
from pronghorn.adapters.workers.supervision import Supervision
from pronghorn.adapters.workers.worker import Worker

__all__ = ["Supervisor"]

#: Seconds between two questions to a worker whether it answers.
INTERVAL = 0.5
#: Seconds between two looks whether a worker serves that something waits for.
STEP = 0.05
#: A worker that lives shorter than this number of seconds has crashed at its start.
SHORT_LIFE = 5.0
#: Seconds until a worker that crashes at its start is replaced: first at once, then ever later.
PAUSES = (0.0, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
#: The signals that it hears, by their names: Windows lacks some.
HEARD = ("SIGINT", "SIGTERM", "SIGHUP", "SIGTTIN", "SIGTTOU")


class Supervisor:
    """Starts workers, replaces those that die, hang, are old or have grown, and passes signals on.

    SIGTERM and SIGINT end all workers, a second one ends them at once. SIGHUP puts new workers in
    the place of the old ones, one after the other.

    Args:
        hire: Returns a worker for a place, not yet started.
        number: How many workers there are.
        supervision: The rules.
        patience: Seconds after which a worker is killed that was told to end.
        healthcheck: Seconds after which a worker is killed that does not answer.
        sockets: The sockets that all workers listen on.
        logger: Where to write what happens.

    Attributes:
        exit_code: What the command ends with.
    """

    def __init__(
        self,
        hire: Callable[[int], Worker],
        number: int,
        supervision: Supervision,
        *,
        patience: float,
        healthcheck: float,
        sockets: Sequence[socket],
        logger: logging.Logger,
    ) -> None:
        self._wake, self._bell = os.pipe()
        os.set_blocking(self._bell, False)
        self.exit_code = 0
        self._hire = hire
        self._start_patience = supervision.start
        self._recycling = Recycling(supervision)
        self._succession = Succession(supervision, sockets, logger)
        self._patience = patience
        self._healthcheck = healthcheck
        self._sockets = sockets
        self._logger = logger
        #: One worker for each place; None while the place is empty.
        self._places: list[Worker | None] = [None] * number
        self._signals: list[int] = []
        self._told: tuple[int, float] | None = None
        self._is_over = self._was_serving = False
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

    @property
    def owns_address(self) -> bool:
        """Return False while another command listens on the same sockets."""
        return self._succession.owns_address

    # --- signals --------------------------------------------------------------------------------

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number in BY_ANYBODY and self._told is not None:
            if time.monotonic() - self._told[1] > SAME_SIGNAL:
                self._end_at_once(number)
            return
        if number in BY_ANYBODY:
            self._told = number, time.monotonic()
            self._is_over = True
        self._signals.append(number)
        with suppress(BlockingIOError):  # It rings already.
            os.write(self._bell, b"!")

    def _end_at_once(self, number: int) -> None:
        for worker in self._all():
            worker.tell(signal.SIGKILL)
        end_at_once(number)

    def _handle_signals(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            self._logger.info("Received %s", signal.Signals(number).name)
            if number == signal.SIGHUP:
                self._rolling = deque(range(len(self._places)))
            elif number == signal.SIGTTIN:
                self._places.append(None)
                self._empty[len(self._places) - 1] = 0.0
            elif number == signal.SIGTTOU:
                self._drop_last()

    def _drop_last(self) -> None:
        if len(self._places) == 1:
            self._logger.info("Already reached one process, cannot decrease their number.")
            return
        worker, place = self._places.pop(), len(self._places)
        self._empty.pop(place, None)
        self._rolling = deque(other for other in self._rolling if other < place)
        if self._next is not None and self._next.place == place:
            self._let_go(self._next)
            self._next = None
        if worker is not None:
            self._let_go(worker)

    # --- the loop -------------------------------------------------------------------------------

    def run(self) -> None:
        """Supervise until a signal or a successor, or until the first workers cannot start."""
        for name in HEARD:
            signal.signal(signal.Signals[name], self._note)
        self._logger.info("Started parent process [%d]", os.getpid())
        self._succession.begin()
        for place in range(len(self._places)):
            self._fill(place)
        while not self._is_over:
            self._wait(INTERVAL)
            self._handle_signals()
            self._look_after_workers()
            self._look_after_others()
        self._handle_signals()  # One that came in the middle of a round is not in the log yet.
        self._end()
        self._logger.info("Stopping parent process [%d]", os.getpid())

    def _look_after_workers(self) -> None:
        for worker in self._all():
            worker.hear()
            self._was_serving = self._was_serving or worker.is_serving
            worker.ask()
        self._bury_leaving()
        for present in list(self._places):
            if self._is_over:
                return
            if present is not None:
                self._check(present)
        now = time.monotonic()
        for place in [place for place, at in self._empty.items() if now >= at]:
            self._fill(place)
        self._roll()

    def _look_after_others(self) -> None:
        """Take the place of an older command, or leave it to a newer one."""
        is_serving = all(worker is not None and worker.is_serving for worker in self._places)
        if self._is_over or self._succession.goes_on(is_serving=is_serving):
            return
        self._is_over = True
        self.exit_code = self._succession.exit_code

    def _wait(self, seconds: float) -> None:
        """Wait for a signal, the end of a worker, another command, or for some seconds."""
        until = min([seconds, *(at - time.monotonic() for at in self._empty.values())])
        if self._next is not None or self._succession.is_waiting:
            until = min(until, STEP)
        watched: list[Any] = [self._wake, *self._succession.list_watched()]
        watched += [worker.process.sentinel for worker in self._all() if worker.exitcode is None]
        ready = multiprocessing.connection.wait(watched, max(until, 0.0))
        if self._wake in ready:
            os.read(self._wake, 4096)

    def _all(self) -> Sequence[Worker]:
        present = [worker for worker in self._places if worker is not None]
        return [*present, *([self._next] if self._next else []), *self._leaving]

    # --- workers that die -----------------------------------------------------------------------

    def _check(self, worker: Worker) -> None:
        if worker.is_silent(self._healthcheck, self._start_patience):
            self._logger.error("Child process [%s] does not answer, and is killed", worker.pid)
            worker.end()
        code = worker.exitcode
        if code is None:
            return
        worker.process.join()
        if code > 0 and not self._was_serving:
            self._logger.error(
                "Child process [%s] failed to start, stopping the parent process.", worker.pid
            )
            self.exit_code = code
            self._is_over = True
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
        self._logger.error(
            "Child process [%s] died (%s), and is replaced %s",
            worker.pid,
            _describe(worker.exitcode),
            when,
        )
        self._places[place] = None
        self._empty[place] = now + pause

    def _fill(self, place: int) -> None:
        self._empty.pop(place, None)
        self._places[place] = self._start(place)

    def _start(self, place: int) -> Worker:
        worker = self._hire(place)
        self._recycling.mark(worker)
        worker.start()
        return worker

    # --- workers that are replaced --------------------------------------------------------------

    def _roll(self) -> None:
        """Go on with replacing workers by others, of which there is never more than one."""
        if self._next is not None:
            self._put_in_place(self._next)
        elif self._rolling:
            self._next = self._start(self._rolling.popleft())
        elif due := self._recycling.find(one for one in self._places if one is not None):
            self._logger.info("Child process [%s] %s, and is replaced", due[0].pid, due[1])
            self._next = self._start(due[0].place)

    def _put_in_place(self, worker: Worker) -> None:
        place = worker.place
        has_ended = worker.exitcode is not None  # Also one that has said that it serves.
        if worker.is_serving and not has_ended:
            self._next = None
            old, self._places[place] = self._places[place], worker
            self._empty.pop(place, None)
            if old is not None:
                self._let_go(old)
        elif has_ended or self._is_late(worker):
            why = "did not start" if has_ended else "did not serve in time"
            self._next = None
            self._rolling.clear()
            self._recycling.put_off()
            worker.end()
            self._logger.error("New child process [%s] %s; the old ones stay", worker.pid, why)

    def _is_late(self, worker: Worker) -> bool:
        return time.monotonic() - worker.born > self._start_patience

    def _let_go(self, worker: Worker) -> None:
        """Tell a worker to end: another one listens on the same port."""
        worker.leave()
        self._leaving[worker] = time.monotonic() + self._patience

    def _bury_leaving(self) -> None:
        for worker, deadline in list(self._leaving.items()):
            if worker.exitcode is None and time.monotonic() > deadline:
                self._logger.error("Child process [%s] did not end, and is killed", worker.pid)
                worker.end()
            if worker.exitcode is not None:
                worker.process.join()
                del self._leaving[worker]

    # --- the end --------------------------------------------------------------------------------

    def _end(self) -> None:
        """End all workers; those that do not end in time are killed."""
        is_replaced = self._succession.is_replaced
        self._succession.end()
        self._empty.clear()  # No place gets a worker any more, so there is nothing to wake up for.
        for sock in self._sockets:
            sock.close()  # Those of the workers stay open while they drain.
        for worker in self._all():
            if is_replaced:
                worker.leave()
            else:  # Without draining unless told by SIGTERM: there is no service.
                worker.tell(self._told[0] if self._told else signal.SIGINT)
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
                self._logger.error("Child process [%s] did not end, and is killed", worker.pid)
                worker.end()
                self.exit_code = self.exit_code or 1


def _describe(code: int | None) -> str:
    if code is None:
        return "unknown"
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
