"""uvicorn's server, ended so that no client loses an answer.

uvicorn closes its port at SIGTERM, although load balancers send on for some seconds; it closes
connections whose next request is on its way; and it waits for streams that never end. Here, the
port stays open for a drain time in which each answer asks its client to close the connection. Then
streams of events and WebSockets end, requests have a grace, and the process ends in any case.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from uvicorn.config import Config
from uvicorn.server import Server

from pronghorn.adapters.workers.signals import (
    BY_ANYBODY,
    SAME_SIGNAL,
    end_at_once,
    flush_output,
)
from pronghorn.core.stopping import stopping
from pronghorn.run.abandoned_tasks import log_abandoned_tasks, write_abandoned_tasks

__all__ = ["BY_SUPERVISOR", "BY_TERMINAL", "DrainingServer", "patience"]

#: Seconds that requests have after the drain time; `--timeout-graceful-shutdown` sets another time.
FOR_REQUESTS = 16.0
#: Seconds that the end of the lifespan has behind them, at least.
FOR_LIFESPAN = 4.0
#: Seconds between closing the port and closing idle connections: requests are on their way.
LINGER = 0.4
#: A process that had no connection for this number of seconds is not drained: nobody sends to it.
QUIET = 15.0
PAUSE = 0.02
#: The signals that end a process at once if they are its second one, in place of `BY_ANYBODY`. A
#: supervisor passes signals on that a terminal, or systemd, has also sent to the whole group.
BY_TERMINAL = frozenset([signal.SIGINT])
BY_SUPERVISOR: frozenset[signal.Signals] = frozenset()

logger = logging.getLogger("uvicorn.error")


class DrainingServer(Server):
    """A server that drains before it ends.

    SIGTERM drains, SIGINT (Ctrl+C) does not. `leave` is for a process that another one replaces.

    Args:
        config: uvicorn's configuration. Its `timeout_graceful_shutdown` is the time of requests.
        drain: Seconds for which the port stays open after SIGTERM.
        abrupt: The signals that end the process at once if they come second.
    """

    def __init__(
        self, config: Config, drain: float, abrupt: frozenset[signal.Signals] = BY_ANYBODY
    ) -> None:
        super().__init__(config)
        self._drain = drain
        self._abrupt = abrupt
        self._told_at: float | None = None
        #: The signal that has ended it.
        self.told: int | None = None
        self._stops_at = 0.0
        self._counted = 0
        self._busy_at = time.monotonic() - QUIET
        self._is_asking = False
        self._linger = LINGER
        self._last_resort: threading.Timer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def drain_at_least(self, seconds: float) -> None:
        """Keep the port open for a number of seconds after SIGTERM, for `app.health(drain=...)`."""
        self._drain = max(self._drain, seconds)

    # --- signals ------------------------------------------------------------------------------

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve in an event loop of its own until a signal.

        Making the loop loads the program, which may fail or be interrupted. The coroutine is made
        afterwards, since Python warns of one that was never awaited.
        """
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.get_loop()
            serving = self.serve(sockets)
            try:
                runner.run(serving)
            finally:
                serving.close()  # A signal may have come before its first step.

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal, and return after a shutdown that went well.

        uvicorn repeats the signals that it has handled, which would end the process by SIGTERM. A
        process that was told to end, and did, ends with 0.
        """
        self._loop = asyncio.get_running_loop()
        if self._abrupt is not BY_ANYBODY:
            await super().serve(sockets)  # Another process has started this one.
            return
        with _surviving_sigterm():
            await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end, or end at once if this is the second signal."""
        now = time.monotonic()
        if self._told_at is not None:
            if sig in self._abrupt and now - self._told_at > SAME_SIGNAL:
                _write_abandoned(self._loop)
                end_at_once(sig)
            return
        self._told_at, self.told = now, sig
        drain = self._drain if sig == signal.SIGTERM and self._is_in_use(now) else 0.0
        self._stops_at = now + drain
        self._limit_end(drain)
        self._ask_clients_to_close()
        if drain:
            logger.info("Draining for %g seconds", drain)
        else:
            super().handle_exit(sig, frame)

    def leave(self) -> None:
        """End from another thread, while other processes accept connections on the same sockets.

        The port is closed at once. Connections stay open for the drain time, unless they get an
        answer in it, which asks the client to close: who has just sent a request gets the answer.
        """
        if self._loop is None or not self.started:
            os.kill(os.getpid(), signal.SIGINT)
            return
        with suppress(RuntimeError):  # The event loop has ended.
            self._loop.call_soon_threadsafe(self._begin_to_leave)

    def _begin_to_leave(self) -> None:
        if self._told_at is not None:
            return
        self._told_at, self.told = time.monotonic(), signal.SIGINT
        self._linger = max(LINGER, self._drain)
        self._limit_end(self._linger)
        self.should_exit = True

    def _limit_end(self, drain: float = 0.0) -> None:
        """End the process with 1 if its shutdown takes too long, even with a blocked event loop."""
        if self._last_resort is None:
            seconds = drain + patience(self.config)
            self._last_resort = threading.Timer(seconds, _give_up, [seconds, self._loop])
            self._last_resort.daemon = True
            self._last_resort.start()

    def _is_in_use(self, now: float) -> bool:
        if not self.started:
            return False
        return bool(self.server_state.connections) or now - self._busy_at < QUIET

    def _ask_clients_to_close(self) -> None:
        """Send `Connection: close` with each answer from now on."""
        if self._is_asking or not self.started:
            return
        self._is_asking = True
        close = (b"connection", b"close")
        self.config.encoded_headers = [*self.config.encoded_headers, close]
        state = self.server_state
        state.default_headers = [*state.default_headers, close]
        for connection in state.connections:
            cycle: Any = getattr(connection, "cycle", None)
            if hasattr(cycle, "default_headers"):  # uvicorn's own record has taken them already.
                with suppress(AttributeError):  # Ours reads those of the server.
                    cycle.default_headers = state.default_headers

    async def on_tick(self, counter: int) -> bool:
        """Return True when it is time to end."""
        now, requests = time.monotonic(), self.server_state.total_requests
        if requests != self._counted or self.server_state.connections:
            self._counted, self._busy_at = requests, now
        if self._told_at is not None and not self.should_exit and now >= self._stops_at:
            super().handle_exit(signal.SIGTERM, None)
        return await super().on_tick(counter)

    # --- the end ------------------------------------------------------------------------------

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: first the port, then connections, then requests, then the lifespan."""
        logger.info("Shutting down")
        self._limit_end()
        try:
            self._close_port(sockets)
            self._ask_clients_to_close()
            await self._let_last_requests_arrive()
            stopping.tell()
            for connection in list(self.server_state.connections):
                connection.shutdown()
            await self._wait_for_requests(time.monotonic() + for_requests(self.config))
            if not self.force_exit:
                await self.lifespan.shutdown()
        finally:
            stopping.forget()
            if self._last_resort is not None:
                self._last_resort.cancel()

    def _close_port(self, sockets: list[socket.socket] | None) -> None:
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()

    async def _let_last_requests_arrive(self) -> None:
        until = time.monotonic() + min(self._linger, for_requests(self.config))
        # A connection that ends does not wake anybody, and this is no time to hurry.
        while self.server_state.connections and time.monotonic() < until:  # noqa: ASYNC110 - above
            await asyncio.sleep(PAUSE)

    async def _wait_for_requests(self, until: float) -> None:
        if await self._is_idle(until):
            return
        tasks = self.server_state.tasks
        if tasks:
            logger.error(
                "Cancel %d running task(s), timeout graceful shutdown exceeded", len(tasks)
            )
            log_abandoned_tasks()
        for task in list(tasks):
            task.cancel(msg="Task cancelled, timeout graceful shutdown exceeded")
        await self._is_idle(time.monotonic() + FOR_LIFESPAN / 4)

    async def _is_idle(self, until: float) -> bool:
        """Wait until no request and no connection is left; return False if that lasts too long."""
        state = self.server_state
        while state.connections or state.tasks:
            if time.monotonic() > until or self.force_exit:
                return False
            await asyncio.sleep(PAUSE)
        return True


def for_requests(config: Config) -> float:
    """Return the seconds that requests have to end."""
    given = config.timeout_graceful_shutdown
    return FOR_REQUESTS if given is None else float(given)


def patience(config: Config) -> float:
    """Return the seconds after the drain time in which a process ends in any case."""
    return max(FOR_REQUESTS, for_requests(config)) + FOR_LIFESPAN


def _give_up(seconds: float, loop: asyncio.AbstractEventLoop | None) -> None:
    text = f"The shutdown has not ended in {seconds:g} seconds, which ends the process."
    os.write(2, f"ERROR:    {text}\n".encode())  # A lock of logging may be what it waits for.
    _write_abandoned(loop)
    flush_output()
    os._exit(1)


def _write_abandoned(loop: asyncio.AbstractEventLoop | None) -> None:
    """Write the names of background tasks that do not end, whatever state the process is in."""
    with suppress(Exception):
        write_abandoned_tasks(loop)


@contextmanager
def _surviving_sigterm() -> Iterator[None]:
    """Let SIGTERM do nothing behind uvicorn's own handler, which it calls when it has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: Any = signal.signal(signal.SIGTERM, _do_nothing)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """Handle a signal that was handled before."""
