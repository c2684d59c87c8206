"""`@app.middleware("http")` and `BaseHTTPMiddleware`, run in the task of the request.

Starlette runs the application inside such a middleware in a task of its own, with a stream of
messages between the two. Here both are in one task: the middleware sees the context variables
that endpoints and dependencies set, and a request costs no tasks and no streams. The order of
everything that happens is Starlette's:

    1. the middleware up to `call_next`, the endpoint, what has the lifetime "function"
    2. the middleware after `call_next`, the response, the background task of the middleware
    3. once the outermost of them has sent it: background tasks, dependencies
"""

from __future__ import annotations

from asyncio import Task, current_task
from typing import Any

from starlette.middleware.base import BaseHTTPMiddleware, _CachedRequest, _StreamingResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.middleware.inner_run import InnerRun, RunInOwnTask, is_last
from pronghorn.middleware.task_scopes import can_set_aside
from pronghorn.patches import is_starlettes_own


def in_request_task(app: ASGIApp) -> ASGIApp:
    """A layer of middleware as it should run.

    Args:
        app: The layer, with everything inside of it.

    Returns:
        Something around it if it is a `BaseHTTPMiddleware` that is called in Starlette's own
        way; `app` itself otherwise.
    """
    if not can_set_aside or not isinstance(app, BaseHTTPMiddleware):
        return app
    return InRequestTask(app) if is_starlettes_own(type(app).__call__) else app


class InRequestTask:
    """Runs a `BaseHTTPMiddleware` in the task of the request; on Trio in Starlette's way.

    Args:
        app: The middleware. Its ``app`` and ``dispatch_func`` are looked up at each request.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio_task()
        if scope["type"] != "http" or task is None:
            await self.app(scope, receive, send)
            return
        call = _Call(self.app.app, scope, receive, send, task)
        try:
            response = await self.app.dispatch_func(call.request, call.next)
            answering = response(scope, call.request.wrapped_receive, send)
            if call.run is None or call.run.has_all or type(response) is CallNextResponse:
                await answering
            else:
                await call.run.serve(answering)
        except BaseException:
            if call.run is not None:
                await call.run.cancel()
            raise
        if call.run is not None:
            await call.run.finish()


def asyncio_task() -> Task[Any] | None:
    """The task that is running; None if that is not a matter of asyncio."""
    try:
        return current_task()
    except RuntimeError:
        return None


class _Call:
    """One request on its way through one middleware."""

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, task: Task[Any]
    ) -> None:
        self._app = app
        self._scope = scope
        self._send = send
        self._task = task
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
        task = current_task()
        kind = InnerRun if task is self._task else RunInOwnTask
        self.run = run = kind(self._app, self._scope, self.request, task)
        info = None
        try:
            await run.advance()
            while run.messages:
                message = run.take()
                if message["type"] == "http.response.start":
                    return CallNextResponse(run, message, info)
                info = await self._before_start(message, info)
                await run.advance()
            raise RuntimeError("No response returned.")
        except Exception as error:
            self._failure = error
            raise

    async def _before_start(self, message: Message, info: Any) -> Any:
        """Handle a message that may come before the response; return what is to be shown of it."""
        kind = message["type"]
        if kind == "http.response.debug":
            return message["info"]
        if kind != "http.response.early_hint":
            raise RuntimeError(f"Expected http.response.start, the application sent {kind}")
        await self._send(message)
        return info


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
        if self.info is not None:
            await send({"type": "http.response.debug", "info": self.info})
        headers = self.raw_headers
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await body.run.deliver(send)
        if self.background is not None:
            await self.background()


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
        self.begun = True
        run = self.run
        while not self._over:
            if not run.messages:
                await run.next_message()
            if not run.messages:
                break
            message = run.take()
            self._over = is_last(message)
            if message["type"] == "http.response.pathsend":
                return message
            if message.get("body"):
                return message["body"]
        self._over = True
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Ask for no more chunks."""
        self.begun = self._over = True
