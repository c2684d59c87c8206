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
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from pronghorn.adapters.rsgi_http import RsgiExchange, asgi_scope
from pronghorn.adapters.rsgi_websocket import serve_websocket


class RsgiServer:
    """One application under RSGI.

    - `app`: also has `direct_answer()`, as `FastAPI` has.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app: Any = app
        self._stack: Any = None
        self._answer: Any = None
        self._life: Life | None = None
        self.state: dict[str, Any] = {}

    async def serve(self, scope: Any, protocol: Any) -> None:
        """Answer one request or serve one WebSocket connection."""
        if scope.proto != "http":
            await serve_websocket(self._app, asgi_scope(scope, self), protocol)
            return
        exchange = RsgiExchange(self, self._app, scope, protocol)
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
        stack = self._app.middleware_stack
        if stack is None or stack is not self._stack:
            self._answer = self._app.direct_answer()
            self._stack = self._app.middleware_stack
        return self._answer

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the startup of the application. Raises what it raises."""
        self._life = Life(self._app, self.state)
        loop.run_until_complete(self._life.start())

    def stop(self, loop: asyncio.AbstractEventLoop) -> None:
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
