"""What uvicorn's protocol on httptools leaves undone for the requests of one connection.

uvicorn starts a pipelined request in the context of the request before it, whose context variables
it then sees. And it tells only the last request of a connection that its client has left, so
one that others wait behind waits for ever.
"""

from __future__ import annotations

from contextvars import Context
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pronghorn.adapters.uvicorn.heads import Heads
from pronghorn.adapters.uvicorn.outbox import Outbox


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

    def believe_proxy(self, scope: Scope) -> None:
        """Take client and scheme from the headers of a trusted proxy (`--proxy-headers`)."""
        raise NotImplementedError
