"""A request whose routes are directly inside a middleware, without a layer in between.

The child task then runs nothing but the handler of a route. If nothing follows the response,
neither clean-up nor background tasks, the task need not wait until the response is sent. It leaves
the whole response and ends, which saves two turns of the event loop.
"""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from pronghorn.compile.dispatch import Pipeline
from pronghorn.middleware.compiled.group import CompiledGroup
from pronghorn.middleware.inner_run import InnerRun
from pronghorn.run.exchange import JSON_CONTENT_TYPE, Exchange
from pronghorn.run.layered import LayeredExchange


class InnerExchange(Exchange):
    """One HTTP request whose `send` belongs to an `InnerRun`."""

    __slots__ = ()

    def write_last_json(self, body: bytes, status: int) -> bool:
        """Leave a complete JSON response for the middleware."""
        run: InnerRun = self.send.__self__  # type: ignore[attr-defined]  # a method
        self.started = True
        headers = [(b"content-length", b"%d" % len(body)), JSON_CONTENT_TYPE]
        run.put(
            {"type": "http.response.start", "status": status, "headers": headers},
            {"type": "http.response.body", "body": body},
        )
        return True


class InnerLayeredExchange(LayeredExchange):
    """One HTTP request whose routes are inside of compiled layers, directly in a middleware."""

    __slots__ = ()

    def write_last_json(self, body: bytes, status: int) -> bool:
        """Leave a complete JSON response for the middleware, edited by the layers."""
        if len(body) >= self.most_bytes:
            return False
        run: InnerRun = self.send.__self__  # type: ignore[attr-defined]  # a method
        headers = [(b"content-length", b"%d" % len(body)), JSON_CONTENT_TYPE]
        body = self.edit_whole(status, headers, body)
        run.put(
            {"type": "http.response.start", "status": status, "headers": headers},
            {"type": "http.response.body", "body": body},
        )
        return True


def inner_layered_exchange(scope: Scope, receive: Receive, send: Send) -> LayeredExchange:
    """Return the exchange for compiled layers that are called with the `send` of an `InnerRun`."""
    run: InnerRun = send.__self__  # type: ignore[attr-defined]  # a method
    is_last = type(run.app) is CompiledGroup and run.app.is_innermost
    return (InnerLayeredExchange if is_last else LayeredExchange)(scope, receive, send)


def inner_exchange(scope: Scope, receive: Receive, send: Send) -> Exchange:
    """Return the exchange for an application that is called with the `send` of an `InnerRun`."""
    run: InnerRun = send.__self__  # type: ignore[attr-defined]  # a method
    kind = InnerExchange if type(run.app) is Pipeline else Exchange
    return kind(scope, receive, send)
