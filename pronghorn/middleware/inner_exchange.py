"""A request whose routes are directly inside a middleware, without a layer in between.

The child task then runs nothing but the handler of a route. If nothing follows the response,
neither clean-up nor background tasks, the task need not wait until the response is sent. It leaves
the whole response and ends, which saves two turns of the event loop.
"""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from pronghorn.compile.dispatch import Pipeline
from pronghorn.middleware.inner_run import InnerRun
from pronghorn.run.exchange import JSON_CONTENT_TYPE, Exchange


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


def inner_exchange(scope: Scope, receive: Receive, send: Send) -> Exchange:
    """Return the exchange for an application that is called with the `send` of an `InnerRun`."""
    run: InnerRun = send.__self__  # type: ignore[attr-defined]  # a method
    kind = InnerExchange if type(run.app) is Pipeline else Exchange
    return kind(scope, receive, send)
