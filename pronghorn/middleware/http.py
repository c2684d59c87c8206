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

from asyncio import AbstractEventLoop, CancelledError, get_running_loop
from typing import Any

from starlette.middleware.base import BaseHTTPMiddleware, _CachedRequest, _StreamingResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.middleware.inner_run import InnerRun, is_last
from pronghorn.patches import is_starlettes_own


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
        app: The middleware. Its ``app`` and ``dispatch_func`` are looked up at each request.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = running_loop()
        if scope["type"] != "http" or loop is None:
            await self.app(scope, receive, send)
            return
        call = _Call(self.app.app, scope, receive, send, loop)
        try:
            response = await self.app.dispatch_func(call.request, call.next)
            await response(scope, call.request.wrapped_receive, send)
            if call.run is not None:
                await call.run.finish()
        except BaseException:
            if call.run is not None:
                await call.run.stop()
            raise


def running_loop() -> AbstractEventLoop | None:
    """The event loop that runs here; None if it is not one of asyncio's."""
    try:
        return get_running_loop()
    except RuntimeError:
        return None


class _Call:
    """One request on its way through one middleware."""

    __slots__ = ("_app", "_failure", "_loop", "_scope", "_send", "request", "run")

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, loop: AbstractEventLoop
    ) -> None:
        self._app = app
        self._scope = scope
        self._send = send
        self._loop = loop
        self._failure: Exception | None = None
        self.request = _CachedRequest(scope, receive, send)
        self.run: InnerRun | None = None

    async def next(self, request: Request) -> Response:
        """Run the application until its response begins.

        Raises:
            Exception: What the application raised; the same again if it is called again.
            RuntimeError: The application sent nothing, or has already answered.
        """
        if self._failure is not None:
            raise self._failure
        if self.run is not None:
            raise RuntimeError("call_next was called twice: one request has one response")
        self.run = run = InnerRun(self._app, self._scope, self.request, self._loop)
        try:
            return await self._response(run)
        except CancelledError:
            run.cancel()
            raise
        except Exception as error:
            self._failure = error
            raise
        finally:
            run.copy_variables()

    async def _response(self, run: InnerRun) -> Response:
        info = None
        while True:
            message = await run.next_message()
            if message is None:
                raise RuntimeError("No response returned.")
            kind = message["type"]
            if kind == "http.response.start":
                run.raise_if_failed()
                return CallNextResponse(run, message, info)
            if kind == "http.response.debug":
                info = message["info"]
            elif kind == "http.response.early_hint":
                await self._send(message)
            else:
                raise RuntimeError(f"Expected http.response.start, the application sent {kind}")


class CallNextResponse(_StreamingResponse):
    """What `call_next` gives: status code and headers to read and change, a body to iterate."""

    def __init__(self, run: InnerRun, start: Message, info: Any) -> None:
        self.info = info
        self.body_iterator = RestOfBody(run)
        self.status_code = start["status"]
        self.media_type = None
        self.background = None
        self.raw_headers = start.get("headers", [])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; a body that nobody has looked at goes straight through."""
        body = self.body_iterator
        if type(body) is not RestOfBody or body.begun:
            await super().__call__(scope, receive, send)
            return
        body.begun = True
        body.run.raise_if_failed()
        if self.info is not None:
            await send({"type": "http.response.debug", "info": self.info})
        headers = self.raw_headers
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await self._send_body(body.run, send)
        if self.background is not None:
            await self.background()

    async def _send_body(self, run: InnerRun, send: Send) -> None:
        """Send the messages of the body as they are, and end it if the application does not."""
        while (message := await run.next_message()) is not None:
            await send(message)
            if is_last(message):
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class RestOfBody:
    """The body of a response, chunk by chunk, while the application makes it.

    - `begun`: whether a chunk was asked for.
    """

    def __init__(self, run: InnerRun) -> None:
        self.run = run
        self.begun = False
        self._over = False

    def __aiter__(self) -> RestOfBody:
        return self

    async def __anext__(self) -> Any:
        """The next chunk; raises what the application raised before its body was complete."""
        self.begun = True
        while not self._over:
            message = await self._next_message()
            if message is None:
                break
            self._over = is_last(message)
            if message["type"] == "http.response.pathsend":
                return message
            if message.get("body"):
                return message["body"]
        self._over = True
        raise StopAsyncIteration

    async def _next_message(self) -> Message | None:
        try:
            return await self.run.next_message()
        finally:
            self.run.copy_variables()

    async def aclose(self) -> None:
        """Ask for no more chunks."""
        self.begun = self._over = True
