"""Let the work that follows responses end before Granian's lifespan ends.

Granian stops when all responses have been sent. Background tasks and the exit code of dependencies
run after that; without the corrections of this module they would be dropped in the middle.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.core.served import GRANIAN_PATIENCE
from pronghorn.core.setup_errors import SetupError
from pronghorn.core.stopping import stopping
from pronghorn.run.abandoned_tasks import log_abandoned_tasks

#: Seconds to wait for the rest of the requests. `pronghorn run` kills a worker after 25 seconds, or
#: names another time in the environment.
PATIENCE = 20.0
#: Seconds between two looks at the number of requests.
PAUSE = 0.01
#: Seconds between the first answer that asks its client to close the connection, and the end of a
#: worker that another one replaces: requests are on their way.
LINGER = 3.0


class Running:
    """The number of HTTP requests that the application works on in this process."""

    __slots__ = ("requests",)

    def __init__(self) -> None:
        self.requests = 0

    async def wait_until_none(self) -> None:
        """Return when no request is left, or when the patience is over."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + float(os.environ.get(GRANIAN_PATIENCE) or PATIENCE)
        # A request does no more than count: it does not wake anybody.
        while self.requests and clock() < deadline:  # noqa: ASYNC110 - see above
            await asyncio.sleep(PAUSE)
        if self.requests:
            log_abandoned_tasks()


running = Running()


class Serving:
    """Whether the server of this process has started, and how it leaves its place to another.

    Attributes:
        has_started: True from the end of the startup on; also without a lifespan.
        ask_clients_to_close: Lets answers ask their clients to close the connection.
    """

    def __init__(self) -> None:
        self.has_started = False
        self.ask_clients_to_close: Callable[[], None] = _do_nothing
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Note that the server accepts connections from now on; call it in the event loop."""
        self.has_started = True
        self._loop = asyncio.get_running_loop()

    def leave(self) -> None:
        """End from another thread, while other processes accept connections on the same socket.

        SIGINT is the signal that `app.health(drain=...)` does not watch: the service is ready.
        """
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # It has ended.
                loop.call_soon_threadsafe(self.ask_clients_to_close)
                time.sleep(LINGER)
                loop.call_soon_threadsafe(stopping.tell)
        os.kill(os.getpid(), signal.SIGINT)


def _do_nothing() -> None:
    """Ask nobody: no request has come."""


serving = Serving()
"""That of this process."""


def delay_shutdown(receive: Receive) -> Receive:
    """Return the `receive` of a lifespan that announces the shutdown when no request is left."""

    async def receive_late() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await running.wait_until_none()
        return message

    return receive_late


async def serve_lifespan(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run a lifespan; Granian would add a traceback to the text of a `SetupError` that it has."""
    startup = _Startup(send)
    try:
        with _hearing_sigterm():
            await app(scope, delay_shutdown(receive), startup.send)
    except SetupError:
        if "asgi" not in scope:
            raise  # A test client, which has to raise it too.
    finally:
        startup.end()


class _Startup:
    """Notes when the lifespan has started; an application may also have none.

    Args:
        send: That of the lifespan.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._has_answered = False

    async def send(self, message: Message) -> None:
        """Send a message."""
        await self._send(message)
        self._has_answered = True
        if message["type"] == "lifespan.startup.complete":
            serving.start()

    def end(self) -> None:
        """Note the end of the lifespan; Granian serves an application without an answer."""
        if not self._has_answered:
            serving.start()


@contextmanager
def _hearing_sigterm() -> Iterator[None]:
    """End streams of events and WebSockets at SIGTERM; Granian would wait for them, and kill.

    Granian's own handler belongs to the event loop, and is called as before.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: Any = signal.getsignal(signal.SIGTERM)
    if not callable(before):
        yield  # Nobody handles it: the process ends at once.
        return
    loop = asyncio.get_running_loop()

    def hear(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopping.tell)
        before(number, frame)

    signal.signal(signal.SIGTERM, hear)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is hear:
            signal.signal(signal.SIGTERM, before)
        stopping.forget()
