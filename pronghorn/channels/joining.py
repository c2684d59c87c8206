"""A WebSocket in a channel: what it sends is validated, and what others publish is sent to it.

The codes of closing are those of RFC 6455, section 7.4.1, and of IANA's registry.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from pydantic import ValidationError

from pronghorn.channels.channel import BoundChannel
from pronghorn.channels.presence import Presence, Present
from pronghorn.channels.reading import Subscription
from pronghorn.channels.subscribers import Gap, Item
from pronghorn.websockets import WebSocket, WebSocketState

M = TypeVar("M")
POLICY_VIOLATION, SERVICE_RESTART, TRY_AGAIN_LATER = 1008, 1012, 1013
#: How many messages of a client wait for the program; then nothing more is read from it.
_INBOX = 8
#: The seconds that the last message may take to a client that does not read. Only the connection
#: and what the server has for it are kept meanwhile.
_FAREWELL = 30.0
#: The longest reason, in bytes: RFC 6455, section 5.5.
_LONGEST_REASON = 123
#: Why the server closes, by what has ended the subscription.
_REASONS = {
    "slow": (TRY_AGAIN_LATER, "The client reads too slowly"),
    "stopping": (SERVICE_RESTART, "The server restarts"),
}


class JoinedChannels(Protocol):
    """The parts of `Channels` that a connection needs."""

    @property
    def presence(self) -> Presence:
        """The store of those that are present."""
        ...

    def subscribe(
        self, channel: BoundChannel[Any], after: str | int | None, on_end: Any = None
    ) -> Subscription:
        """Return the entries of a channel."""
        ...

    async def publish(self, channel: BoundChannel[M], message: M) -> str | None:
        """Publish a message."""
        ...

    async def present(self, channel: BoundChannel[Any]) -> list[Present]:
        """Return all connections to a channel."""
        ...


class Joined(Generic[M]):
    """A WebSocket in a channel; `Channels.join` makes it.

    Args:
        channels: The channels.
        websocket: The connection, which is accepted if it is not yet.
        channel: The channel.
        presence: What others see of the connection; None to stay unseen.
        after: The id after which to begin; None for what comes from now on.
        ids: Whether each message is sent with its id.

    Attributes:
        key: The key of the connection among those that are present; None if it is unseen.
    """

    def __init__(
        self,
        channels: JoinedChannels,
        websocket: WebSocket,
        channel: BoundChannel[M],
        *,
        presence: dict[str, Any] | None,
        after: str | int | None,
        ids: bool,
    ) -> None:
        self.key: str | None = None
        self._channels = channels
        self._websocket = websocket
        self._channel = channel
        self._presence = presence
        self._write: Callable[[Item], str] = _write_with_id if ids else _write_plain
        self._shows_gaps = ids
        self._subscription = channels.subscribe(channel, after, self._end_soon)
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue(_INBOX)
        self._is_over = False
        self._sender: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()

    # --- for the program --------------------------------------------------------------------

    async def receive(self) -> AsyncIterator[M]:
        """Yield the messages of the client until the connection ends.

        A message that is not valid closes the connection with 1008 and the reason.
        """
        while not (self._is_over and self._inbox.empty()):
            text = await self._inbox.get()
            if text is None:
                return
            try:
                message = self._channel.decode(text.encode("utf-8", "surrogatepass"))
            except ValidationError as error:
                await self._close(POLICY_VIOLATION, _say(error))
                return
            yield message

    async def publish(self, message: M) -> str | None:
        """Publish a message to the channel, also to this connection; see `Channels.publish`."""
        return await self._channels.publish(self._channel, message)

    async def present(self) -> list[Present]:
        """Return all connections to the channel that are seen; see `Channels.present`."""
        return await self._channels.present(self._channel)

    # --- inside -----------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        # First, so that a client that sees the connection open misses nothing, and is seen.
        gap = await self._subscription.find_place()
        try:
            if self._presence is not None:
                stay = self._channels.presence.stay(self._channel.name, self._presence)
                self.key = await self._stack.enter_async_context(stay)
            if self._websocket.application_state is WebSocketState.CONNECTING:
                await self._websocket.accept()
        except BaseException:
            await self._stack.aclose()
            raise
        self._sender = self._start(self._send(gap))
        self._start(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self._stack.aclose()
        finally:
            await self._stop()

    def _start(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(job)
        self._tasks.append(task)
        return task

    async def _stop(self) -> None:
        """End the tasks; one that closes the connection may finish."""
        self._end()
        closing = self._tasks[2:]
        if closing:
            await asyncio.wait(closing, timeout=_FAREWELL)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _end(self) -> None:
        """Let `receive` end, and send no more."""
        self._is_over = True
        if self._sender is not None and self._sender is not asyncio.current_task():
            self._sender.cancel()
        with suppress(asyncio.QueueFull):  # Then nobody waits for it.
            self._inbox.put_nowait(None)

    async def _read(self) -> None:
        """Read what the client sends, also while the program is busy, to learn of its end."""
        with suppress(RuntimeError):  # The program has closed the connection.
            while True:
                message = await self._websocket.receive()
                if message["type"] != "websocket.receive":
                    break
                text = message.get("text")
                raw = message.get("bytes") or b""
                await self._inbox.put(raw.decode("utf-8", "replace") if text is None else text)
        self._end()

    async def _send(self, gap: Gap | None) -> None:
        """Send what is published."""
        try:
            if gap is not None:
                await self._send_item(gap)
            async for item in self._subscription.items(begin=False):
                await self._send_item(item)
        except Exception:  # noqa: BLE001 - whatever the server raises when the client has left
            self._end()

    async def _send_item(self, item: Item) -> None:
        if isinstance(item, Gap) and not self._shows_gaps:
            await self._close(TRY_AGAIN_LATER, "Messages are gone that the client has not seen")
            return
        await self._websocket.send_text(self._write(item))

    def _end_soon(self) -> None:
        """Close the connection, whose subscription has ended."""
        code, reason = _REASONS[self._subscription.ended or "stopping"]
        if not self._is_over:
            self._start(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        self._end()
        with suppress(Exception):  # The client may be gone.
            async with asyncio.timeout(_FAREWELL):
                await self._websocket.close(code, reason)


def _write_plain(item: Item) -> str:
    return item.payload.decode() if not isinstance(item, Gap) else ""


def _write_with_id(item: Item) -> str:
    if isinstance(item, Gap):
        return f'{{"id":"{item.id}","reset":true}}'
    return f'{{"id":"{item.id}","data":{item.payload.decode()}}}'


def _say(error: ValidationError) -> str:
    """Return the first mistake, without the input, as the reason of a close."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"]))
    reason = f"{place}: {first['msg']}" if place else first["msg"]
    return reason.encode()[:_LONGEST_REASON].decode("utf-8", "ignore")
