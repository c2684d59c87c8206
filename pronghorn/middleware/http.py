"""`@app.middleware("http")` and `BaseHTTPMiddleware`, with Starlette's semantics at less cost.

The application inside such a middleware runs in a task of its own, as in Starlette, so deadlines,
task groups and cancel scopes of one never affect the other. The two exchange one message at a time,
and the context variables that the application sets are copied out with it. The order of events is
Starlette's:

1. the middleware up to `call_next`, the endpoint, dependencies with the lifetime "function";
2. the middleware after `call_next`, the response, the background task of the middleware;
3. background tasks and dependencies, once the outermost middleware has sent the response.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, get_running_loop
from typing import Any

from starlette.middleware.base import BaseHTTPMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.core.monkeypatches import is_overridden, is_replaced
from pronghorn.middleware.inner_exchange import inner_exchange, inner_layered_exchange
from pronghorn.middleware.inner_run import InnerRun
from pronghorn.middleware.next_response import CallNextResponse
from pronghorn.run.exchange import EXCHANGES
from pronghorn.run.layered import LAYERED
from pronghorn.run.streaming.sendable import sendable

#: For a middleware that returned something else.
WHAT_TO_RETURN = "response = await call_next(request), and return response at the end"

# The handlers of a compiled application directly inside a middleware.
EXCHANGES[InnerRun] = inner_exchange
LAYERED[InnerRun] = inner_layered_exchange


def in_child_task(app: ASGIApp) -> ASGIApp:
    """Return a layer of middleware in the form in which it should run.

    Args:
        app: The layer, with everything inside of it.

    Returns:
        A wrapper if it is a `BaseHTTPMiddleware` that is called in Starlette's own way; `app`
            itself otherwise.
    """
    if not isinstance(app, BaseHTTPMiddleware) or is_replaced(BaseHTTPMiddleware, "__call__"):
        return app
    return app if is_overridden(type(app), BaseHTTPMiddleware, "__call__") else InChildTask(app)


class InChildTask:
    """Runs the content of a `BaseHTTPMiddleware` in a child task; on Trio in Starlette's way.

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
                if not callable(response):
                    from pronghorn.run.wrong_responses import not_a_response  # A mistake.

                    raise not_a_response(response, self.app.dispatch_func, WHAT_TO_RETURN)
                response = sendable(response, holds_head=False)
            await response(scope, request.wrapped_receive, send)
            if run.started:
                await run.finish()
        except BaseException:
            if run.started:
                await run.stop()
            raise


def running_loop() -> AbstractEventLoop | None:
    """Return the running event loop; None if it is not one of asyncio's."""
    try:
        return get_running_loop()
    except RuntimeError:
        return None
