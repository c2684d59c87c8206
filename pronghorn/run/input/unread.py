"""Check whether the client has left, without losing the messages that it has sent.

Starlette's `Request.is_disconnected` receives a message inside a cancelled scope and discards it
unless it is a disconnect. So a cancelled caller receives only a disconnect here. Any other message
is kept for the next reader, and the caller is cancelled, as if there had been no message.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

from anyio import CancelScope, current_effective_deadline
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled
from starlette.types import Message, Receive

#: Bytes of an incomplete body that are kept. A client that sends more must still be read:
#: otherwise its departure would be noticed only after the whole body.
MOST_BYTES = 1_048_576
#: Turns of the event loop after which a task has started or received the result it waited for,
#: even if it waits for another task in the same way.
_TURNS = 4


def is_cancelled() -> bool:
    """Return True if the caller is inside a cancelled scope of AnyIO, in which it cannot wait."""
    return current_effective_deadline() == -inf


class Unread:
    """The messages of a client that were looked at but not yet read.

    Args:
        receive: Returns the next message. Some servers lose a message that they return to a
            cancelled caller, so on asyncio a separate task receives the messages to look at.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: deque[Message] = deque()
        self._size = 0
        self._is_lost = False
        #: True while `watch` waits for the client to leave.
        self._is_watched = False
        self._gone: Message | None = None
        self._asking: asyncio.Future[Message] | None = None
        #: Set when readers have made room, if `watch` waits for that.
        self._has_room: asyncio.Event | None = None

    async def look(self) -> Message:
        """Return the disconnect message if the client has left; otherwise get cancelled."""
        if self._gone is None:
            task = _asyncio_task()
            message = await (self._receive() if task is None else self._ask(task))
            if message is not None and message["type"] != "http.request":
                self._gone = message
            else:
                self._keep(message)
                await checkpoint_if_cancelled()
        return self._gone or await self.next()

    async def _ask(self, task: asyncio.Task[Any]) -> Message | None:
        """Return the message that has arrived by now, or None; the caller runs in `task`."""
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._receive())
            task.add_done_callback(partial(_stop, self._asking))
        with CancelScope(shield=True):
            for _ in range(_TURNS):
                if self._asking.done():
                    break
                await checkpoint()
        return self._answer() if self._asking.done() else None

    def _answer(self) -> Message:
        """Return the message that the task has received, once."""
        asking, self._asking = self._asking, None
        return asking.result()  # type: ignore[union-attr]  # the caller has looked

    def _keep(self, message: Message | None) -> None:
        if message is None:
            return
        self._size += len(message.get("body", b""))
        if self._size > MOST_BYTES and message.get("more_body", False):
            self._is_lost = True
            self._messages.clear()
        elif not self._is_lost:
            self._messages.append(message)

    async def next(self) -> Message:
        """Return the next message.

        Raises:
            RuntimeError: More of the body has arrived than is kept.
        """
        while True:
            if self._is_lost:
                raise RuntimeError(
                    f"More than {MOST_BYTES} bytes of the body came while it was only asked "
                    "whether the client has left, and are lost: read the body before "
                    "`is_disconnected()`"
                )
            if self._messages:
                message = self._messages.popleft()
                self._size -= len(message.get("body", b""))
                if self._has_room is not None and self._size <= MOST_BYTES:
                    self._has_room.set()
                return message
            if self._gone is not None:
                return self._gone
            if self._asking is None and not self._is_watched:
                return await self._receive()
            asking = self._ask_now()
            await asyncio.wait([asking])
            if self._asking is asking:
                return self._note(self._answer())

    # --- watching beside the readers -----------------------------------------------------------

    def watch(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call a function once the client has left; other messages stay for their readers.

        Returns:
            A function that ends the watch.
        """
        self._is_watched = True
        watching = asyncio.ensure_future(self._watch(tell))

        def stop() -> None:
            self._is_watched = False
            watching.cancel()
            if self._asking is not None and not self._asking.done():
                self._asking.cancel()
                self._asking = None

        return stop

    async def _watch(self, tell: Callable[[], None]) -> None:
        while self._gone is None:
            if self._size > MOST_BYTES:  # A client that sends more is watched when that is read.
                self._has_room = asyncio.Event()
                await self._has_room.wait()
                continue
            asking = self._ask_now()
            await asyncio.wait([asking])
            if self._asking is asking:
                message = self._note(self._answer())
                if self._gone is None:
                    self._size += len(message.get("body", b""))
                    self._messages.append(message)
        tell()

    def _ask_now(self) -> asyncio.Future[Message]:
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._receive())
        return self._asking

    def _note(self, message: Message) -> Message:
        """Return a message; remember it if it says that the client has left."""
        if message["type"] != "http.request":
            self._gone = message
        return message


class LosesNothing:
    """Adds a `receive` that keeps the body for its reader when other callers only check for it.

    A subclass sets `_receive` to the server's `receive`, and `_unread` to None.
    """

    __slots__ = ()
    _receive: Receive
    _unread: Unread | None

    async def receive(self) -> Message:
        """Return the next message; a cancelled caller takes nothing of the body."""
        if is_cancelled():
            if self._unread is None:
                self._unread = Unread(self._receive)  # type: ignore[misc]  # a slot of the class that has it
            return await self._unread.look()
        return await (self._receive if self._unread is None else self._unread.next)()


def _asyncio_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def _stop(asking: asyncio.Future[Message], _: object) -> None:
    """Stop asking for a message when the task that asked has ended."""
    if not asking.cancel() and not asking.cancelled():
        asking.exception()  # Retrieve it: asyncio reports exceptions that are never retrieved.
