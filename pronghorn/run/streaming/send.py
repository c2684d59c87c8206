"""Send a stream until it ends or the client leaves, with comments on an idle connection.

The generator runs in the task of the request from its first to its last step, so its cancel
scopes, context variables and clean-up behave as in any other coroutine. The jobs beside it
(waiting for the client to leave, comments on an idle connection) do not slow down an event.
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

from pronghorn.core.loop_end import end_loop
from pronghorn.core.monkeypatches import ROUTING
from pronghorn.core.stopping import run_until_stop
from pronghorn.run.streaming.beside import Job, run_beside
from pronghorn.run.streaming.closing import close_blocking, close_generator
from pronghorn.run.streaming.held_head import HeldHead
from pronghorn.run.streaming.threaded import BlockingItems
from pronghorn.sse import _PING_INTERVAL, KEEPALIVE_COMMENT

#: An iterator of chunks, the items from which it makes them, and the encoder of an item.
Direct = tuple[Any, AsyncIterable[Any], Callable[[Any], Any]]

#: The content type of server-sent events.
_EVENT_STREAM = b"text/event-stream"
#: Seconds for which a generator that never waits may block the event loop.
SLICE = 0.001


class StreamDelivery(StreamingResponse):
    """A streaming response that runs its iterator in the task that sends it, and closes it."""

    #: Closes the source of the body iterator; called when the stream stops early.
    close_source: Job | None = None
    #: True if the head waits for the first part.
    holds_head = True
    #: The parts of the body iterator, used instead of it unless a program has wrapped it.
    direct: Direct | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the whole stream, then run the background tasks.

        Raises:
            ClientDisconnect: The server refused to send more. If only `receive` reports that the
                client has left, the stream ends without an error.
        """
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)  # A refused handshake has a short body.
            return
        jobs: list[Job] = []
        if not _send_reports_departure(scope.get("asgi", {}).get("spec_version", "2.0")):
            jobs.append(partial(self.listen_for_disconnect, receive))
        head = HeldHead(partial(_send_or_leave, send))
        try:
            await self._deliver(send, head, [*jobs, head.flush_late])
        except (SystemExit, KeyboardInterrupt) as error:
            if not jobs:
                raise
            await end_loop(error)  # Starlette sends beside `listen_for_disconnect`, in a task.
        # The client may have left before the first part; middleware that counts responses still
        # waits for a head.
        await head.flush()
        if self.background is not None:
            await self.background()

    async def _deliver(self, send: Send, head: HeldHead, jobs: list[Job]) -> None:
        await run_beside(partial(self._stream, send, head), jobs)

    async def stream_response(self, send: Send) -> None:
        """Send the status line and one message for each chunk."""
        await self._stream(send, HeldHead(partial(_send_or_leave, send)))

    async def _stream(self, send: Send, head: HeldHead) -> None:
        # The generator may hold a cancel scope open at a `yield`. A shield opened only for closing
        # would be nested inside that scope; this one is opened before it.
        with anyio.CancelScope() as scope:
            # An iterable may return a new iterator each time; the one that is closed must be the
            # one that was used, so it is made here.
            chunks = self.body_iterator if self.direct is not None else aiter(self.body_iterator)
            try:
                await self._send_all(send, head, chunks)
            except BaseException:
                scope.shield = True
                await self._close(chunks)
                raise

    async def _send_all(self, send: Send, head: HeldHead, chunks: AsyncIterable[Any]) -> None:
        status, headers = self.status_code, self.raw_headers
        head.hold({"type": "http.response.start", "status": status, "headers": headers})
        if not self.holds_head:
            await head.flush()
        if _is_event_stream(headers):
            send_items = partial(self._send_items, send, head, chunks)
            await run_until_stop(send_items, partial(self._close, chunks))
        else:
            await self._send_items(send, head, chunks)
        await head.flush()
        await _send_or_leave(send, {"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_items(self, send: Send, head: HeldHead, chunks: AsyncIterable[Any]) -> None:
        if self.direct is not None and chunks is self.direct[0]:
            await _send_items(_untrack(send), head, self.direct[1], self.direct[2], self.charset)
        else:
            await _send_chunks(send, head, chunks, self.charset)

    async def _close(self, chunks: Any) -> None:
        try:
            await _close_all(chunks, self.body_iterator)
        finally:
            if self.close_source is not None:
                await self.close_source()


class EventDelivery(StreamDelivery):
    """A stream of server-sent events, with a comment after each long silence."""

    media_type = "text/event-stream"

    @staticmethod
    def ping_interval() -> float:
        """Return the seconds of silence before a comment; asked at the start of each stream."""
        # Read late, and from the module that has it in FastAPI: programs may change it there.
        seconds: float = getattr(sys.modules.get(ROUTING), "_PING_INTERVAL", _PING_INTERVAL)
        return seconds

    async def _deliver(self, send: Send, head: HeldHead, jobs: list[Job]) -> None:
        keep_alive = KeepAlive(send, self.ping_interval(), head)
        await super()._deliver(keep_alive.send, head, [*jobs, keep_alive.run])


class KeepAlive:
    """Sends a comment after each long silence, but never in the middle of another send.

    Args:
        send: Sends messages and comments.
        interval: The seconds of silence before a comment.
        head: The head of the response, which is sent before the first comment.
    """

    def __init__(self, send: Send, interval: float, head: HeldHead) -> None:
        self._send = send
        self._head = head
        self._interval = interval
        self._last = monotonic()
        self._sending = False
        self._ping = anyio.Lock()

    async def send(self, message: Message) -> None:
        """Send a message of the stream; wait first for a comment that is being sent."""
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
        """Send comments until this job is cancelled or the client has left."""
        while True:
            await anyio.sleep(max(0, self._last + self._interval - monotonic()))
            if self._sending:
                self._last = monotonic()  # A send that waits for a slow client is not silence.
            elif not self._head.is_sent:
                await self._head.flush()
            elif monotonic() - self._last >= self._interval:
                async with self._ping:
                    await _send_or_leave(self._send, _COMMENT)
                self._last = monotonic()


_COMMENT = {"type": "http.response.body", "body": KEEPALIVE_COMMENT, "more_body": True}


@lru_cache(maxsize=64)
def self_delivering(response_class: type[StreamingResponse]) -> type[StreamingResponse]:
    """Return a subclass of `response_class` that is a `StreamDelivery`.

    A class that overrides how it sends, or has slots, is returned unchanged.

    Args:
        response_class: The class that a program chose for its raw streams. The subclass takes the
            same arguments.
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
    """Send a message; raise `ClientDisconnect` if the server refuses it (ASGI 2.4 and later)."""
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
        if not head.is_sent:
            await head.flush()
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
        if not head.is_sent:
            await head.flush()
        try:
            await send({"type": "http.response.body", "body": body, "more_body": True})
        except OSError as error:
            raise ClientDisconnect from error
        if monotonic() > pause:
            await checkpoint()
            pause = monotonic() + SLICE


def _is_event_stream(headers: list[tuple[bytes, bytes]]) -> bool:
    """Return True for the headers of a stream of server-sent events.

    Only these end early when the server ends: clients come back, to another process. A part of a
    file or of a list would look as if it were the whole.
    """
    return any(
        name.lower() == b"content-type" and value.lower().startswith(_EVENT_STREAM)
        for name, value in headers
    )


def _untrack(send: Send) -> Send:
    """Return the raw `send`: response-start tracking is no longer needed."""
    untrack = getattr(getattr(send, "__self__", None), "untrack", None)
    return send if untrack is None else untrack(send)


def _part(chunk: Any, charset: str) -> Message:
    body = chunk if isinstance(chunk, (bytes, memoryview)) else chunk.encode(charset)
    return {"type": "http.response.body", "body": body, "more_body": True}


@lru_cache(maxsize=64)
def _send_reports_departure(spec_version: str) -> bool:
    """Return True if `send` raises once the client has left, so that `receive` need not be read."""
    return tuple(int(part) for part in spec_version.split(".")) >= (2, 4)


# --- responses that a program makes -----------------------------------------------------------


def deliver(response: Any, holds_head: bool) -> Any:
    """Do as `sendable`, for a response with a stream."""
    if not isinstance(response, StreamingResponse):
        return partial(_send_in_its_own_way, response, holds_head)
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
    """Return the iterable that Starlette iterates in threads; None if the iteration has started.

    Only the frame of Starlette's generator refers to it. If a later Starlette does this in another
    way, the result is None, and a blocking source is closed when it is garbage-collected.
    """
    if getattr(chunks, "ag_code", None) is not iterate_in_threadpool.__code__:
        return None
    names = {} if chunks.ag_frame is None else chunks.ag_frame.f_locals
    return None if "as_iterator" in names else names.get("iterator")


async def _send_in_its_own_way(
    response: Any, holds_head: bool, scope: Scope, receive: Receive, send: Send
) -> None:
    """Let a response send its stream with its own methods."""
    if scope["type"] == "websocket":
        await response(scope, receive, send)
        return
    body = response.body_iterator
    source = _blocking_source(body)
    own = copy(response)
    own.body_iterator = chunks = _NotesEnd(aiter(body))
    with anyio.CancelScope() as scope_of_all:
        try:
            if holds_head:
                await _run_with_head(own, scope, receive, send)
            else:
                await own(scope, receive, send)
        finally:
            if not chunks.ended:  # Its class may stop without an error when the client leaves.
                scope_of_all.shield = True
                await _close_all(chunks.inner, body)
                await close_blocking(source)


async def _run_with_head(response: Any, scope: Scope, receive: Receive, send: Send) -> None:
    head = HeldHead(send)
    await run_beside(partial(response, scope, receive, head.send), [head.flush_late])
    await head.flush()


async def _close_all(chunks: Any, body: Any) -> None:
    """Close an iterator, and the iterable that returned it."""
    await close_generator(chunks)
    if chunks is not body:
        await close_generator(body)


class _NotesEnd:
    """An iterator that remembers whether it has ended."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.ended = False

    def __aiter__(self) -> _NotesEnd:
        return self

    async def __anext__(self) -> Any:
        try:
            return await anext(self.inner)
        except StopAsyncIteration:
            self.ended = True
            raise
