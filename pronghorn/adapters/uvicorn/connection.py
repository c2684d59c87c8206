"""What uvicorn's protocol on httptools leaves undone for the requests of one connection.

uvicorn starts a pipelined request in the context of the request before it, whose context variables
it then sees. And it tells only the last request of a connection that its client has left, so
one that others wait behind waits for ever.
"""

from __future__ import annotations

from contextvars import Context
from typing import Any

from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pronghorn.adapters.uvicorn.outbox import Heads, Outbox
from pronghorn.adapters.uvicorn.proxy_headers import believe_proxy


class IsolatingProtocol(HttpToolsProtocol):
    """Starts each request in a context of its own, and tells all of them when the client leaves.

    - `context`: the context of the connection; each request starts in a copy of it.
    - `running`: the request that is being answered, where others wait behind it.
    """

    context: Context
    cycle: Any
    running: Any = None

    def on_response_complete(self) -> None:
        """Begin with the next request that waits, in a context of its own."""
        if self.pipeline:
            self.running = self.pipeline[-1][0]
            self.context.copy().run(super().on_response_complete)
        else:
            super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the running request, and those that wait behind it, that the client has left."""
        for cycle in (self.running, *(waiting for waiting, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        self.running = None
        self.pipeline.clear()
        super().connection_lost(exc)


class DirectConnection(IsolatingProtocol):
    """What a request of ours needs to know of its connection.

    Attributes:
        heads: The beginnings of responses, made once for all connections of a server.
        outbox: Gathers what is written in one turn of the event loop.
        scope_template: What is the same in the scopes of all requests of the connection.
    """

    heads: Heads
    outbox: Outbox
    scope_template: dict[str, Any]
    _proxy: ProxyHeadersMiddleware | None
    #: Since when the connection has had no request to answer; None while it has one.
    _idle_since: float | None = None

    def believe_proxy(self, scope: Scope) -> None:
        """Take client and scheme from the headers of a trusted proxy (`--proxy-headers`)."""
        if self._proxy is not None:
            believe_proxy(self._proxy, scope)

    # --- what happens to the transport itself comes after the responses that wait -------------

    def shutdown(self) -> None:
        """Close the connection as soon as nothing is left to be answered."""
        self.outbox.flush()
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not a request, and close the connection."""
        self.outbox.flush()
        super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection to the WebSocket protocol."""
        self.outbox.flush()
        super().handle_websocket_upgrade()

    # --- keep-alive: one timer that looks at the clock, instead of a new one per request -------

    def _watch_idleness(self, delay: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(delay, self.timeout_keep_alive_handler)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it has been idle for too long; look again later if not."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return  # busy; the end of the response starts the next timer
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._watch_idleness(left)
        elif not self.transport.is_closing():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the requests that their client has left, and stop the timer."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
