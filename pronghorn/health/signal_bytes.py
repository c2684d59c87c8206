"""Hold back the byte that tells an event loop of a signal.

Servers that register a handler with their event loop, such as Granian, do not learn of a signal by
the handler that Python calls, but by a byte with its number that Python writes into a socket of the
loop (`signal.set_wakeup_fd`). It goes through a pair of sockets here, which can delay it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress


class SignalBytes:
    """The sockets between Python and an event loop.

    Args:
        loop: The event loop.
        delay: Seconds for which the first SIGTERM is held back.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, delay: float) -> None:
        self._loop = loop
        self._delay = delay
        self._target = -1
        self._sockets: tuple[socket.socket, socket.socket] | None = None

    def begin(self) -> None:
        """Put the sockets between; does nothing if they are there, or no loop is told of signals.

        uvloop takes its place back each time when it begins to run, so this is called repeatedly.
        """
        if sys.platform == "win32":
            return  # The loop's descriptor cannot be written to.
        if self._sockets is not None:
            number = self._sockets[1].fileno()
            current = signal.set_wakeup_fd(number, warn_on_full_buffer=False)
            self._target = self._target if current in {number, -1} else current
            return
        end, entry = socket.socketpair()
        end.setblocking(False)
        entry.setblocking(False)
        self._target = signal.set_wakeup_fd(entry.fileno(), warn_on_full_buffer=False)
        if self._target == -1:
            signal.set_wakeup_fd(-1)
            end.close()
            entry.close()
            return
        self._sockets = end, entry
        self._loop.add_reader(end, self._forward)

    def end(self) -> None:
        """Let Python write to the event loop itself again."""
        if self._sockets is None:
            return
        end, entry = self._sockets
        current = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(self._target if current == entry.fileno() else current)
        self._loop.remove_reader(end)
        end.close()
        entry.close()
        self._sockets = None

    def _forward(self) -> None:
        if self._sockets is None:
            return
        for number in self._sockets[0].recv(4096):
            if number == signal.SIGTERM and self._delay:
                self._loop.call_later(self._delay, self._write, number)
                self._delay = 0.0  # A second signal does not wait.
            else:
                self._write(number)

    def _write(self, number: int) -> None:
        with suppress(OSError):  # The loop has ended, or has many signals to handle already.
            os.write(self._target, bytes([number]))
