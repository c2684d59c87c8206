"""Sending a stream: until its end, or until the client leaves, and never in silence for too long.

The generator runs in the task of the request from its first to its last step, so its cancel
scopes, context variables and clean-up behave as in any other coroutine. What happens beside it
(waiting for the client to leave, comments on an idle connection) costs an event nothing.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, Callable
from copy import copy
from functools import lru_cache, partial
from time import monotonic
from types import new_class
from typing import Any

import anyio
from anyio.lowlevel import checkpoint
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from pronghorn.core.monkeypatches import ROUTING
from pronghorn.run.streaming.beside import Job, run_beside
from pronghorn.run.streaming.closing import close_blocking, close_generator
from pronghorn.run.streaming.held_head import HeldHead
from pronghorn.run.streaming.threaded import BlockingItems
from pronghorn.sse import _PING_INTERVAL, KEEPALIVE_COMMENT

#: An iterator of chunks, the items behind it, and what makes a chunk of an item.
Direct = tuple[Any, AsyncIterable[Any], Callable[[Any], Any]]

#: Seconds for which a generator that never waits may keep the event loop to itself.
SLICE = 0.001


class StreamDelivery(StreamingResponse):
    """A streaming response that runs its iterator in the task that sends it, and closes it."""

    #: Closes what the body iterator reads from; called when the stream ends before its end.
    close_source: Job | None = None
    #: Whether the head waits for the first part.
    holds_head = True
    #: What the body iterator does, for as long as nobody has wrapped it.
    direct: Direct | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the whole stream, then run the background tasks.

        Raises:
            ClientDisconnect: The server refused to send more. A client whose departure is only
                reported by ``receive`` ends the stream without an error.
        """
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)  # the refusal of a handshake: short
            return
        jobs: list[Job] = []
        if not _send_reports_departure(scope.get("asgi", {}).get("spec_version", "2.0")):
            jobs.append(partial(self.listen_for_disconnect, receive))
        head = HeldHead(partial(_send_or_leave, send))
        await self._deliver(send, head, [*jobs, head.give_late])
        # If the client left before the first part, whoever counts responses still waits for a head.
        await head.give()
        if self.background is not None:
            await self.background()

    async def _deliver(self, send: Send, head: HeldHead, jobs: list[Job]) -> None:
        await run_beside(partial(self._stream, send, head), jobs)

    async def stream_response(self, send: Send) -> None:
        """Send the status line and one message for each chunk."""
        await self._stream(send, HeldHead(partial(_send_or_leave, send)))

    async def _stream(self, send: Send, head: HeldHead) -> None:
        # The generator may leave a cancel scope of its own open at a `yield`. A shield that is
        # opened only for closing would end inside of that one; this one is there before it.
        with anyio.CancelScope() as scope:
            # An iterable may make its iterator anew, so the one that is used is made here.
            chunks = self.body_iterator if self.direct is not None else aiter(self.body_iterator)
            try:
                await self._send_all(send, head, chunks)
            except BaseException:
                scope.shield = True
                await self._close(chunks)
                raise

    async def _send_all(self, send: Send, head: HeldHead, chunks: AsyncIterable[Any]) -> None:
        charset = self.charset
        status, headers = self.status_code, self.raw_headers
        head.hold({"type": "http.response.start", "status": status, "headers": headers})
        if not self.holds_head:
            await head.give()
        if self.direct is not None and chunks is self.direct[0]:
            await _send_items(_untracked(send), head, self.direct[1], self.direct[2], charset)
        else:
            await _send_chunks(send, head, chunks, charset)
        await head.give()
        await _send_or_leave(send, {"type": "http.response.body", "body": b"", "more_body": False})

    async def _close(self, chunks: Any) -> None:
        try:
            await _close_all(chunks, self.body_iterator)
        finally:
            if self.close_source is not None:
                await self.close_source()


class EventDelivery(StreamDelivery):
    """A stream of server-sent events, with a comment whenever none was sent for a while."""

    media_type = "text/event-stream"

    @staticmethod
    def ping_interval() -> float:
        """Return the seconds of silence before a comment; asked at the start of each stream."""
        # Read late, and where programs know it from FastAPI: they may change it there.
        seconds: float = getattr(sys.modules.get(ROUTING), "_PING_INTERVAL", _PING_INTERVAL)
        return seconds

    async def _deliver(self, send: Send, head: HeldHead, jobs: list[Job]) -> None:
        keep_alive = KeepAlive(send, self.ping_interval(), head)
        await super()._deliver(keep_alive.send, head, [*jobs, keep_alive.run])


class KeepAlive:
    """Sends a comment whenever nothing was sent for a while; never between two parts of a send.

    - `send`: where messages and comments go.
    - `interval`: seconds of silence.
    - `head`: comes before the first comment.
    """

    def __init__(self, send: Send, interval: float, head: HeldHead) -> None:
        self._send = send
        self._head = head
        self._interval = interval
        self._last = monotonic()
        self._sending = False
        self._ping = anyio.Lock()

    async def send(self, message: Message) -> None:
        """Send a message of the stream, after the comment that is being sent, if any."""
        while self._ping.locked():
            async with self._ping:
                pass
        self._sending = True
        try:
            await self._send(message)
        finally:
            self._sending = False
            self._last = monotonic()

    async def run(self) -> None:
        """Watch the silence; ends only by cancellation or because the client left."""
        while True:
            await anyio.sleep(max(0, self._last + self._interval - monotonic()))
            if self._sending:
                self._last = monotonic()  # A slow client is still reading: that is no silence.
            elif not self._head.given:
                await self._head.give()
            elif monotonic() - self._last >= self._interval:
                async with self._ping:
                    await _send_or_leave(self._send, _COMMENT)
                self._last = monotonic()


_COMMENT = {"type": "http.response.body", "body": KEEPALIVE_COMMENT, "more_body": True}


@lru_cache(maxsize=64)
def self_delivering(response_class: type[StreamingResponse]) -> type[StreamingResponse]:
    """A subclass of `response_class` that is a `StreamDelivery`; itself if it sends in its own way.

    - `response_class`: what a program chose for its raw streams; made with the same arguments.
    """
    own_ways = ("__call__", "stream_response", "listen_for_disconnect")
    if any(getattr(response_class, way) is not getattr(StreamingResponse, way) for way in own_ways):
        return response_class
    if response_class is StreamingResponse:
        return StreamDelivery
    if any("__slots__" in vars(base) for base in response_class.__mro__):
        return response_class
    names = {"__module__": response_class.__module__, "__doc__": response_class.__doc__}
    return new_class(
        response_class.__name__,
        (StreamDelivery, response_class),
        {},
        lambda body: body.update(names),
    )


async def _send_or_leave(send: Send, message: Message) -> None:
    """Send; a server that refuses says that the client has left (ASGI 2.4 and later)."""
    try:
        await send(message)
    except OSError as error:
        raise ClientDisconnect from error


async def _send_chunks(
    send: Send, head: HeldHead, chunks: AsyncIterable[Any], charset: str
) -> None:
    pause = monotonic() + SLICE
    async for chunk in chunks:
        part = _part(chunk, charset)
        if not head.given:
            await head.give()
        await _send_or_leave(send, part)
        if monotonic() > pause:
            await checkpoint()
            pause = monotonic() + SLICE


async def _send_items(
    send: Send,
    head: HeldHead,
    items: AsyncIterable[Any],
    encode: Callable[[Any], Any],
    charset: str,
) -> None:
    """Send items without an iterator of chunks in between."""
    pause = monotonic() + SLICE
    async for item in items:
        chunk = encode(item)
        body = chunk if type(chunk) is bytes else _part(chunk, charset)["body"]
        if not head.given:
            await head.give()
        try:
            await send({"type": "http.response.body", "body": body, "more_body": True})
        except OSError as error:
            raise ClientDisconnect from error
        if monotonic() > pause:
            await checkpoint()
            pause = monotonic() + SLICE


def _untracked(send: Send) -> Send:
    """The raw `send`; response-start tracking is no longer needed."""
    untracked = getattr(getattr(send, "__self__", None), "untracked", None)
    return send if untracked is None else untracked(send)


def _part(chunk: Any, charset: str) -> Message:
    body = chunk if isinstance(chunk, (bytes, memoryview)) else chunk.encode(charset)
    return {"type": "http.response.body", "body": body, "more_body": True}


@lru_cache(maxsize=64)
def _send_reports_departure(spec_version: str) -> bool:
    """Whether `send` raises once the client has left, so that nobody has to listen for it."""
    return tuple(int(part) for part in spec_version.split(".")) >= (2, 4)


# --- responses that a program makes -----------------------------------------------------------


def sendable(response: Any, *, holds_head: bool = True) -> Any:
    """An ASGI application that sends a response, and closes what it streams when it ends early.

    - `response`: it stays as it is, but for what it streams.
    - `holds_head`: whether the head waits for the first part.
    """
    if not isinstance(response, StreamingResponse):
        streams = hasattr(response, "body_iterator")
        return partial(_send_in_its_own_way, response, holds_head) if streams else response
    kind = type(response)
    if issubclass(kind, StreamDelivery):
        return response
    delivering = self_delivering(kind)  # type: ignore[arg-type]  # a class is hashable
    if delivering is kind:
        return partial(_send_in_its_own_way, response, holds_head)
    delivery: Any = delivering.__new__(delivering)
    vars(delivery).update(vars(response), holds_head=holds_head)
    source = _blocking_source(response.body_iterator)
    if source is not None:
        items = BlockingItems(source, lambda chunk: chunk)
        delivery.body_iterator = items.chunks(ahead=False)
        delivery.close_source = items.close
    return delivery


def _blocking_source(chunks: Any) -> Any:
    """What Starlette iterates in threads, if it has not begun.

    Starlette keeps it only in the generator that does so. Were that written in another way, None
    is returned, and a blocking source is closed when nobody refers to it any more.
    """
    if getattr(chunks, "ag_code", None) is not iterate_in_threadpool.__code__:
        return None
    names = {} if chunks.ag_frame is None else chunks.ag_frame.f_locals
    return None if "as_iterator" in names else names.get("iterator")


async def _send_in_its_own_way(
    response: Any, holds_head: bool, scope: Scope, receive: Receive, send: Send
) -> None:
    """Let a response send a stream as its class does."""
    if scope["type"] == "websocket":
        await response(scope, receive, send)
        return
    body = response.body_iterator
    source = _blocking_source(body)
    own = copy(response)
    own.body_iterator = chunks = _Watched(aiter(body))
    with anyio.CancelScope() as scope_of_all:
        try:
            if holds_head:
                await _run_with_head(own, scope, receive, send)
            else:
                await own(scope, receive, send)
        finally:
            if not chunks.ended:  # Without an error, too: its class may know that the client left.
                scope_of_all.shield = True
                await _close_all(chunks.inner, body)
                await close_blocking(source)


async def _run_with_head(response: Any, scope: Scope, receive: Receive, send: Send) -> None:
    head = HeldHead(send)
    await run_beside(partial(response, scope, receive, head.send), [head.give_late])
    await head.give()


async def _close_all(chunks: Any, body: Any) -> None:
    """Close an iterator, and what it was made of."""
    await close_generator(chunks)
    if chunks is not body:
        await close_generator(body)


class _Watched:
    """An iterator, and whether it has come to its end."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.ended = False

    def __aiter__(self) -> _Watched:
        return self

    async def __anext__(self) -> Any:
        try:
            return await anext(self.inner)
        except StopAsyncIteration:
            self.ended = True
            raise
