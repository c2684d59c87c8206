"""`@app.middleware("http")` and `BaseHTTPMiddleware`, with Starlette's semantics at less cost.

The application inside such a middleware runs in a task of its own, as in Starlette, so deadlines,
task groups and cancel scopes of the one never reach the other. What goes between the two is one
message at a time, and the context variables that the application sets are copied out with it. The
order of everything that happens is Starlette's:

    1. the middleware up to `call_next`, the endpoint, what has the lifetime "function"
    2. the middleware after `call_next`, the response, the background task of the middleware
    3. once the outermost of them has sent it: background tasks, dependencies
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, get_running_loop
from typing import Any

from starlette.middleware.base import BaseHTTPMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.core.monkeypatches import is_starlettes_own
from pronghorn.middleware.inner_exchange import inner_exchange
from pronghorn.middleware.inner_run import InnerRun
from pronghorn.middleware.next_response import CallNextResponse
from pronghorn.run.exchange import EXCHANGES
from pronghorn.run.streaming.send import sendable

# A compiled application right inside of a middleware answers in its short way.
EXCHANGES[InnerRun] = inner_exchange


def in_child_task(app: ASGIApp) -> ASGIApp:
    """A layer of middleware as it should run.

    Args:
        app: The layer, with everything inside of it.

    Returns:
        Something around it if it is a `BaseHTTPMiddleware` that is called in Starlette's own
        way; `app` itself otherwise.
    """
    if not isinstance(app, BaseHTTPMiddleware):
        return app
    return InChildTask(app) if is_starlettes_own(type(app).__call__) else app


class InChildTask:
    """Runs what is inside of a `BaseHTTPMiddleware` in a child task; on Trio in Starlette's way.

    Args:
        app: The middleware. Its `app` and `dispatch_func` are looked up at each request.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = running_loop()
        if scope["type"] != "http" or loop is None:
            await self.app(scope, receive, send)
            return
        run = InnerRun(self.app.app, scope, receive, send, loop)
        request = run.request
        try:
            response: Any = await self.app.dispatch_func(request, run.call_next)
            if type(response) is not CallNextResponse:
                response = sendable(response, holds_head=False)
            await response(scope, request.wrapped_receive, send)
            if run.started:
                await run.finish()
        except BaseException:
            if run.started:
                await run.stop()
            raise


def running_loop() -> AbstractEventLoop | None:
    """The event loop that runs here; None if it is not one of asyncio's."""
    try:
        return get_running_loop()
    except RuntimeError:
        return None
