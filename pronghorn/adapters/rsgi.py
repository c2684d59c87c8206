"""Granian's RSGI: requests as objects, responses in one call, no ASGI messages in between.

    granian shop.main:app          (RSGI is what it uses by default)

A server object is made for each application, at the first use of `FastAPI.__rsgi__`. Requests go
straight to the compiled application where nothing stands around it; what stands around it is
called as ASGI, over the same exchange.

What RSGI itself cannot say: close codes and subprotocols of WebSockets, the raw path, header
values outside of ASCII, and that a stream was broken off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from pronghorn.adapters.collector import pass_over_startup
from pronghorn.adapters.granian_threads import spare_the_loop
from pronghorn.adapters.rsgi_http import RsgiExchange, asgi_scope
from pronghorn.adapters.rsgi_websocket import serve_websocket

#: Seconds after which it is asked again whether telemetry is on. Measured: to ask each time costs
#: a fifth of a request, and providers are set when a program starts.
TELEMETRY_INTERVAL = 1.0


class RsgiServer:
    """One application under RSGI; itself what Granian takes as an application.

    - `app`: may have `direct_answer()`, as `FastAPI` has; any other is called as ASGI.
    - `root_path`: path prefix under which a proxy publishes the application.
    - `proxies`: addresses of the proxies whose `X-Forwarded-*` headers are believed, separated by
      commas; "*" for all, None for no proxy.
    """

    def __init__(self, app: ASGIApp, root_path: str = "", proxies: str | None = None) -> None:
        self._app: Any = app
        self._is_direct = hasattr(app, "direct_answer")
        self._root_path = root_path.rstrip("/")
        self._has_root_path = bool(self._root_path or getattr(app, "root_path", ""))
        self._believe_proxy = None if proxies is None else forwarded_reader(proxies)
        self._stack: Any = None
        self._answer: Any = None
        self._ask_again = 0.0
        self._life: Life | None = None
        self.state: dict[str, Any] = {}

    def scope_of(self, request: Any) -> Scope:
        """The ASGI scope for a request of RSGI."""
        scope = asgi_scope(request, self._root_path)
        scope["state"] = self.state.copy()
        if self._is_direct:
            scope["app"] = self._app
            scope["root_path"] = self._app.root_path or self._root_path
        if self._believe_proxy is not None:
            self._believe_proxy(scope)
        return scope

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request or serve one WebSocket connection."""
        if scope.proto != "http":
            await serve_websocket(self._app, self.scope_of(scope), protocol)
            return
        exchange = RsgiExchange(self.scope_of, scope, protocol)
        if self._has_root_path:
            exchange.use_scope()
        try:
            answer = self._direct_answer()
            if answer is not None:
                await answer(exchange)
            else:
                await self._app(exchange.scope, exchange.receive, exchange.send)
        except BaseException:
            exchange.fail()
            raise  # Granian logs it
        exchange.finish()

    def _direct_answer(self) -> Any:
        if not self._is_direct:
            return None
        app, now = self._app, monotonic()
        stack = app.middleware_stack
        if stack is None or stack is not self._stack or now > self._ask_again:
            self._ask_again = now + TELEMETRY_INTERVAL
            self._answer = None if app.is_watched() else app.direct_answer()
            self._stack = app.middleware_stack
        return self._answer

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the startup of the application. Raises what it raises."""
        self._life = Life(self._app, self.state)
        loop.run_until_complete(self._life.start())
        pass_over_startup()
        spare_the_loop(loop)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the shutdown of the application."""
        if self._life is not None:
            loop.run_until_complete(self._life.stop())
            self._life = None


class Life:
    """Drives the lifespan of an ASGI application from its two ends."""

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        self._app = app
        self._scope: Scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": state,
        }
        self._orders: asyncio.Queue[Message] = asyncio.Queue()
        self._reports: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when startup is complete."""
        self._task = asyncio.ensure_future(self._run())
        await self._order("startup")

    async def stop(self) -> None:
        """Return when shutdown is complete."""
        if self._task is not None and not self._task.done():
            await self._order("shutdown")
            await self._task

    async def _run(self) -> None:
        await self._app(self._scope, self._orders.get, self._reports.put)

    async def _order(self, phase: str) -> None:
        task = self._task
        if task is None:
            return
        await self._orders.put({"type": f"lifespan.{phase}"})
        report = asyncio.ensure_future(self._reports.get())
        await asyncio.wait([task, report], return_when=asyncio.FIRST_COMPLETED)
        if not report.done():
            report.cancel()
            task.result()  # raises what ended it
        elif report.result()["type"].endswith(".failed"):
            await task  # raises what Starlette reported
            raise RuntimeError(report.result().get("message") or f"Application {phase} failed.")


def forwarded_reader(proxies: str) -> Callable[[Scope], None]:
    """A function that puts into a scope what the headers of trusted proxies say."""
    from granian.utils.proxies import wrap_asgi_with_proxy_headers

    def nothing(scope: Scope, receive: None, send: None) -> None:
        """The scope is all that is wanted."""

    read = wrap_asgi_with_proxy_headers(nothing, proxies)
    return lambda scope: read(scope, None, None)
