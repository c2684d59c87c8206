"""Let the work that follows responses end before Granian's lifespan ends.

Granian stops when all responses have been sent. Background tasks and the exit code of dependencies
run after that; without the corrections of this module they would be dropped in the middle.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
    try:
        with _hearing_sigterm():
            await app(scope, delay_shutdown(receive), send)
    except SetupError:
        if "asgi" not in scope:
            raise  # A test client, which has to raise it too.


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
