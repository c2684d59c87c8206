"""Correct how uvicorn's httptools protocol handles the requests of one connection.

uvicorn starts a pipelined request in the context of the previous request, so it sees the context
variables of that request. And uvicorn reports that the client has left only to the last request
of a connection, so an earlier request may wait for ever.
"""

from __future__ import annotations

from contextvars import Context
from typing import Any

from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pronghorn.adapters.uvicorn.backpressure import ConnectionFlow, SlicingTransport
from pronghorn.adapters.uvicorn.outbox import Heads, Outbox
from pronghorn.adapters.uvicorn.proxy_headers import apply_proxy_headers


class IsolatingProtocol(HttpToolsProtocol):
    """Starts each request in its own context, and tells all requests when the client leaves.

    Attributes:
        context: The context of the connection; each request starts in a copy of it.
        cycle: The request that was received last.
        running: The request that is being answered, if others wait behind it.
    """

    context: Context
    cycle: Any
    running: Any = None

    def on_response_complete(self) -> None:
        """Start the next request that waits, in its own context."""
        if self.pipeline:
            self.running = self.pipeline[-1][0]
            self.context.copy().run(super().on_response_complete)
        else:
            super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the running request, and those that wait behind it, that the client has left."""
        waiting = [cycle for cycle, _ in self.pipeline]
        for cycle in (self.running, *waiting):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        for cycle in (self.running, self.cycle):
            leave = getattr(cycle, "on_leave", None)
            if leave is not None:
                leave()
        self.running = None
        self.pipeline.clear()
        super().connection_lost(exc)


class DirectConnection(IsolatingProtocol):
    """The part of a connection that its requests use.

    Attributes:
        flow: Pauses and resumes reading and writing.
        heads: The heads of responses, made once for all connections of a server.
        outbox: Collects the responses that are written in one turn of the event loop.
        scope_template: The values that the scopes of all requests of the connection share.
    """

    flow: ConnectionFlow
    heads: Heads
    outbox: Outbox
    scope_template: dict[str, Any]
    _proxy: ProxyHeadersMiddleware | None
    #: The time at which the connection became idle; None while a request is being answered.
    _idle_since: float | None

    def apply_proxy_headers(self, scope: Scope) -> None:
        """Take client and scheme from the headers of a trusted proxy (`--proxy-headers`)."""
        if self._proxy is not None:
            apply_proxy_headers(self._proxy, scope)

    # --- operations on the transport: they come after the responses that wait -----------------

    def shutdown(self) -> None:
        """Close the connection as soon as all of its requests are answered."""
        self._forget_dead_tasks()
        self.outbox.flush()
        super().shutdown()

    def _forget_dead_tasks(self) -> None:
        """Remove tasks that were cancelled before their first step, in which none can do it."""
        for cycle in (self.running, self.cycle):
            task = getattr(cycle, "task", None)
            if task is not None and task.done():
                self.tasks.discard(task)

    def handle_websocket_upgrade(self) -> None:
        """Pass the connection to the WebSocket protocol."""
        self.outbox.flush()
        if isinstance(self.transport, SlicingTransport):
            self.transport = self.transport.release()
        super().handle_websocket_upgrade()

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the requests that their client has left."""
        self._forget_dead_tasks()
        self.flow.unparsed = None
        super().connection_lost(exc)
