"""Notice that the server has been told to stop, before the lifespan ends.

ASGI announces the end of the lifespan, but servers do that last, when no request is left. SIGTERM
comes first. So a handler of ours sees the signal and passes it on to that of the server.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType
from typing import Any

from pronghorn.health.signal_bytes import SignalBytes


class SigtermWatch:
    """Notes that this process has been told to stop.

    Attributes:
        is_told: True from SIGTERM on.
        delay: Seconds between SIGTERM and the call of the server's own handler, which stops it.
    """

    def __init__(self) -> None:
        self.is_told = False
        self.delay = 0.0
        self._server_handler: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bytes: SignalBytes | None = None

    def watch(self, delay: float) -> None:
        """See SIGTERM from now on. Each probe calls this, since event loops begin to run late.

        Only the main thread can do that, and only if a server handles the signal: otherwise the
        process ends at once.

        Args:
            delay: See `SigtermWatch.delay`.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        handler = signal.getsignal(signal.SIGTERM)
        if handler == self._handle and self._bytes is not None:
            self._bytes.begin()
        if not callable(handler) or handler == self._handle:
            return
        # The server of `pronghorn run` keeps the port open itself.
        keeps_open = getattr(getattr(handler, "__self__", None), "drain_at_least", None)
        if keeps_open is not None:
            keeps_open(delay)
            delay = 0.0
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None  # Trio has no loop that can be asked to call the handler later.
        self._server_handler, self.delay = handler, delay
        signal.signal(signal.SIGTERM, self._handle)
        if delay and self._loop is not None:
            self._bytes = SignalBytes(self._loop, delay)
            self._bytes.begin()

    def forget(self) -> None:
        """Give the signal back to the server."""
        self.is_told = False
        if threading.current_thread() is not threading.main_thread():
            return
        if self._server_handler is not None and signal.getsignal(signal.SIGTERM) == self._handle:
            signal.signal(signal.SIGTERM, self._server_handler)
        if self._bytes is not None:
            self._bytes.end()
        self._server_handler = self._loop = self._bytes = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        is_first, self.is_told = not self.is_told, True
        if is_first and self.delay and self._loop is not None:
            self._loop.call_soon_threadsafe(self._pass_on_later, number)
        else:
            self._server_handler(number, frame)

    def _pass_on_later(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay, self._server_handler, number, None)


sigterm = SigtermWatch()
"""That of this process."""
