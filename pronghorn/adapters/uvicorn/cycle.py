"""Send complete responses over uvicorn's own ASGI protocol, each with one write.

An ASGI application sends a response as two messages. uvicorn checks, joins and writes each of
them, and every write wakes a client whose next request then comes alone. If an application is
called with uvicorn's own `send`, uvicorn's record of the request (its "cycle") is accessible: then
the head of a response waits for its body, and both are written in one piece, together with the
responses of other connections (see `outbox`). Middleware inside the application wraps the `send`
of the exchange. Streams, and responses that close the connection, go through uvicorn's `send`.

Connections of uvicorn's own protocol class, not of a subclass, are adopted: they get the methods of
`AdoptedProtocol`. If this uvicorn lacks a name that is used here, or `PRONGHORN_UVICORN=plain` is
in the environment, requests are answered through ASGI alone.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any
from weakref import WeakKeyDictionary

import uvicorn
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from pronghorn.adapters.uvicorn.connection import IsolatingProtocol
from pronghorn.adapters.uvicorn.ordered_transport import OrderedTransport
from pronghorn.adapters.uvicorn.outbox import Heads, Outbox, log_access, with_headers
from pronghorn.adapters.uvicorn.waiting_head import WaitingHead
from pronghorn.run.exchange import EXCHANGES, Exchange, RawHeaders, same_exchange

#: The environment variable that switches all of this off with the value "plain".
SWITCH = "PRONGHORN_UVICORN"
#: The names used here, beside those of the classes: attributes of uvicorn's protocol, of its flow
#: control ("flow"), and of its record of a request ("cycle").
OF_PROTOCOL: tuple[str, ...] = ("connection_lost", "cycle", "eof_received", "flow", "pipeline")
OF_PROTOCOL += ("handle_websocket_upgrade", "on_response_complete", "server_state", "transport")
OF_FLOW: tuple[str, ...] = ("_transport", "write_paused")
OF_CYCLE: tuple[str, ...] = ("access_log", "access_logger", "default_headers", "disconnected")
OF_CYCLE += ("keep_alive", "message_event", "on_response", "response_complete", "transport")
OF_CYCLE += ("response_started", "waiting_for_100_continue")


class CycleExchange(Exchange):
    """One HTTP request for which uvicorn has called the application through ASGI."""

    __slots__ = ("_cycle", "held")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._cycle: Any = send.__self__  # type: ignore[attr-defined]  # see `install`
        self.held: WaitingHead | None = None
        _adopt(self._cycle)

    def watch_departure(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call a function once the client has left; an adopted connection tells it."""
        if type(_protocol_of(self._cycle)) is not AdoptedProtocol or self._cycle.disconnected:
            return super().watch_departure(tell)
        self._cycle.on_leave = tell
        return self._forget_departure

    def _forget_departure(self) -> None:
        self._cycle.on_leave = None

    async def send_json(
        self, body: bytes, status: int = 200, headers: RawHeaders | None = None
    ) -> None:
        """Send a complete JSON response, with one write if possible."""
        transport, head = self._transport(), None
        if transport is not None:
            head = transport.heads.of_json(status, len(body), self._cycle.default_headers)
            if headers:
                head = with_headers(head, headers)
        if transport is None or head is None:
            await super().send_json(body, status, headers)
        else:
            self._write(transport, status, head, body)

    async def track_and_send(self, message: Message) -> None:
        """Send one ASGI message; the head of a complete response waits for its body."""
        held = self.held
        if held is None:
            if message["type"] == "http.response.start":
                self.started = True
                self.held = None if self._transport() is None else WaitingHead.of(message)
            if self.held is None:
                await self.send(message)
            return
        self.held = None
        transport, first, status = self._transport(), None, held.message["status"]
        if transport is not None and held.is_completed_by(message, self.scope["method"]):
            first = transport.heads.first_lines(status, self._cycle.default_headers)
        if transport is None or first is None:
            await self.send(held.message)
            await self.send(message)
        else:
            self._write(transport, status, held.after(first), message.get("body", b""))

    async def let_go(self) -> None:
        """Send the head that is waiting for its body."""
        if self.held is not None:
            held, self.held = self.held, None
            await self.send(held.message)

    def _transport(self) -> SharingTransport | None:
        """Return the transport for a complete response; None if uvicorn's cycle must send it."""
        cycle = self._cycle
        protocol = _protocol_of(cycle)
        if (
            type(protocol) is not AdoptedProtocol
            or cycle.response_started
            or cycle.disconnected
            or not cycle.keep_alive
            or protocol.flow.write_paused
        ):
            return None
        transport: Any = protocol.transport
        return transport  # type: ignore[no-any-return]  # see `_adopt`

    def _write(self, transport: SharingTransport, status: int, head: bytes, body: bytes) -> None:
        """Write a complete response, and do all that uvicorn does for its two messages."""
        cycle = self._cycle
        # From now on, the cycle's operations on its transport come after the response.
        cycle.transport = transport
        self.started = cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        if cycle.access_log:
            log_access(cycle.access_logger, self.scope, status)
        content = b"" if self.scope["method"] == "HEAD" else body
        transport.outbox.write(transport.inner, head, content)
        cycle.message_event.set()
        cycle.on_response()


class SharingTransport(OrderedTransport):
    """A connection's transport, with the objects that all connections of a server share."""

    __slots__ = ("heads",)

    def __init__(self, inner: Any, outbox: Outbox, context: Context, heads: Heads) -> None:
        super().__init__(inner, outbox, context)
        self.heads = heads


class AdoptedProtocol(IsolatingProtocol):
    """uvicorn's protocol, for connections that were adopted.

    Attributes:
        context: The context of the startup, because uvicorn does not keep that of a connection.
    """

    context = Context()

    def eof_received(self) -> None:
        """Write the responses that wait; then the event loop closes the connection."""
        self.transport.outbox.flush()  # type: ignore[attr-defined]  # see `_adopt`

    def handle_websocket_upgrade(self) -> None:
        """Pass the inner transport to the WebSocket protocol."""
        transport: Any = self.transport
        transport.outbox.flush()
        self.transport = transport.inner
        super().handle_websocket_upgrade()


def _adopt(cycle: Any) -> None:
    """Adopt the connection of a request, unless its protocol class is not uvicorn's own."""
    protocol = _protocol_of(cycle)
    if type(protocol) is HttpToolsProtocol and _has_all_names(protocol, cycle):
        _adopt_connection(protocol)
    elif type(protocol) is not AdoptedProtocol:
        return
    protocol.running = cycle
    # The cycle of a request that was parsed before the adoption refers to uvicorn's own method.
    cycle.on_response = protocol.on_response_complete


def _protocol_of(cycle: Any) -> Any:
    return getattr(getattr(cycle, "on_response", None), "__self__", None)


def _has_all_names(protocol: Any, cycle: Any) -> bool:
    """Return True if this version of uvicorn has all names that are used here."""
    return (
        all(hasattr(protocol, name) for name in OF_PROTOCOL)
        and all(hasattr(protocol.flow, name) for name in OF_FLOW)
        and all(hasattr(cycle, name) for name in OF_CYCLE)
    )


def _adopt_connection(protocol: HttpToolsProtocol) -> None:
    shared = _shared.get(protocol.server_state)
    if shared is None:
        shared = _shared[protocol.server_state] = Outbox(asyncio.get_running_loop()), Heads()
    outbox, heads = shared
    adopted: Any = protocol
    adopted.__class__ = AdoptedProtocol
    adopted.transport = SharingTransport(protocol.transport, outbox, adopted.context, heads)
    adopted.flow._transport = adopted.transport


#: The objects that all connections of a server share.
_shared: WeakKeyDictionary[ServerState, tuple[Outbox, Heads]] = WeakKeyDictionary()


def install() -> None:
    """Adopt the connections of uvicorn's httptools protocol from now on.

    Do nothing before uvicorn 0.53, because earlier cycles find out only while sending that the
    client wants the connection closed. Do nothing either if `PRONGHORN_UVICORN` is "plain".
    """
    if version_of(uvicorn.__version__) < (0, 53) or os.environ.get(SWITCH) == "plain":
        return
    if RequestResponseCycle not in EXCHANGES:
        AdoptedProtocol.context = copy_context()
    EXCHANGES[RequestResponseCycle] = CycleExchange
    EXCHANGES[CycleExchange] = same_exchange


def version_of(text: str) -> tuple[int, ...]:
    """Return the first two numbers of a version."""
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
