"""A run of the application inside a middleware, in a task of its own.

The task hands its messages over one by one. What it has open (dependencies, cancel scopes,
deadlines, other middleware) belongs to that task and stays open while it waits in its `send`, so
it never reaches the code of the middleware. Messages before the body stop nobody. A message of
the body is held until somebody takes it, and the last one until the response was sent.
"""

from __future__ import annotations

import sys
from asyncio import AbstractEventLoop, CancelledError, Future, Task, current_task
from collections.abc import Coroutine
from contextvars import Context, copy_context
from typing import Any

from anyio import CancelScope
from anyio.lowlevel import checkpoint
from starlette.middleware.base import _CachedRequest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.middleware.next_response import CallNextResponse, is_last
from pronghorn.middleware.variables import CopiedVariables
from pronghorn.run.input.unread import LosesNothing

_DISCONNECT: Message = {"type": "http.disconnect"}
_BEFORE_BODY = ("http.response.start", "http.response.debug", "http.response.early_hint")


class InnerRun(LosesNothing):
    """What one request does inside of one middleware: at most one run of the application.

    Args:
        app: The application.
        scope: The connection, as the middleware got it, with `receive` and `send`.
        loop: The event loop that runs.

    Attributes:
        app: The same.
        client_left: Whether the application was told that its client has left.
        request: That of the middleware; the application reads from it.
        started: Whether the application was called.
    """

    __slots__ = (
        "_cancel_scope",
        "_ended",
        "_error",
        "_failure",
        "_held",
        "_loop",
        "_messages",
        "_reading",
        "_response_began",
        "_scope",
        "_send",
        "_sent",
        "_task",
        "_told",
        "_unread",
        "_variables",
        "_waiters",
        "app",
        "client_left",
        "request",
        "started",
    )
    _task: Task[None]
    _variables: CopiedVariables

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, loop: AbstractEventLoop
    ) -> None:
        self.request = _CachedRequest(scope, receive, send)
        self.client_left = self.started = False
        self.app = app
        self._scope = scope
        self._send = send
        self._loop = loop
        #: Messages that were sent and not taken yet, each with the future that holds its sender.
        self._messages: list[tuple[Message, Future[None] | None]] = []
        #: Who waits for a message.
        self._waiters: list[Future[None]] = []
        #: Those whose message is the last one.
        self._held: list[Future[None]] = []
        #: Tasks of the application that read, and those of them that were told to stop.
        self._reading: set[Task[Any] | None] = set()
        self._told: set[Task[Any] | None] = set()
        self._response_began = False
        self._unread = None
        #: Whether what the application sends goes nowhere.
        self._sent = False
        #: Whether the application has returned, and what it has raised, until somebody raises it.
        self._ended = False
        self._error: BaseException | None = None
        #: What `call_next` raised.
        self._failure: Exception | None = None
        #: What the application can be cancelled by, also before it has begun.
        self._cancel_scope = CancelScope()

    async def _run(self) -> None:
        try:
            with self._cancel_scope:
                await self.app(self._scope, self.receive, self.send)
        except GeneratorExit:  # the event loop is gone, and everybody who waits
            raise
        except CancelledError as error:  # it ends this task, and nothing outside of it
            if self._response_began and not self._sent:
                self._error = error  # a response that is not complete
        except BaseException as error:  # noqa: BLE001 - raised where somebody waits for this
            self._error = error
        self._ended = True
        self._notify()

    # --- what the application sees ------------------------------------------------------------

    async def _receive(self) -> Message:
        """The next message of the client, or that it has left once the response was sent."""
        if self._sent:
            return _DISCONNECT
        request, task = self.request, current_task()
        # There is nothing more to read: whoever is here wants to know when the client leaves.
        watches = self._response_began or request._wrapped_rcv_consumed
        self._reading.add(task)
        try:
            message = await request.wrapped_receive()
            self.client_left = self.client_left or message["type"] == _DISCONNECT["type"]
        except CancelledError:
            if task is None or task not in self._told:
                raise
            self._told.discard(task)
            task.uncancel()
            return _DISCONNECT
        finally:
            self._reading.discard(task)
        if watches:  # Tasks that were started before the question may begin.
            await checkpoint()
        return message

    async def send(self, message: Message) -> None:
        """Hand a message over; return when the application may go on."""
        if self._sent:
            await self._pause_unwanted()
            return
        if message["type"] in _BEFORE_BODY:
            self._response_began = self._response_began or message["type"] == _BEFORE_BODY[0]
            self._messages.append((message, None))
            self._notify()
            return
        taken = self._loop.create_future()
        self._messages.append((message, taken))
        last = is_last(message)
        if last:
            self._held.append(taken)
        self._notify()
        await taken
        if not last:
            await self._pause_unwanted()

    async def _pause_unwanted(self) -> None:
        """Let others run where nobody wants the response, and the application learn that."""
        if self._sent:
            await checkpoint()

    def put(self, *messages: Message) -> None:
        """Take the messages of a whole response, which hold nobody."""
        if not self._sent:
            self._response_began = True
            self._messages += [(message, None) for message in messages]
            self._notify()

    def _notify(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    # --- what the middleware does -------------------------------------------------------------

    async def call_next(self, request: Request) -> Response:
        """Run the application until its response begins.

        Raises:
            Exception: What the application raised; the same again if it is called again.
            RuntimeError: The application sent nothing, or has already answered.
        """
        if self.started:
            raise self._failure or RuntimeError(
                "call_next was called twice: one request has one response"
            )
        self.started = True
        context = copy_context()
        self._variables = CopiedVariables(context)
        self._task = start_task(self._loop, self._run(), context)
        try:
            return await self._next_response()
        except CancelledError:
            self._cancel()
            raise
        except Exception as error:
            self._failure = error
            raise
        finally:
            self._variables.copy_out()

    async def _next_response(self) -> Response:
        info = None
        while True:
            message = await self.next_message()
            if message is None:
                raise RuntimeError("No response returned.")
            kind = message["type"]
            if kind == "http.response.start":
                self.raise_if_failed()
                return CallNextResponse(self, message, info)
            if kind == "http.response.debug":
                info = message["info"]
            elif kind == "http.response.early_hint":
                await self._send(message)
            else:
                raise RuntimeError(f"Expected http.response.start, the application sent {kind}")

    async def next_message(self) -> Message | None:
        """The next message; None if the application sends nothing more.

        Raises:
            BaseException: What ended the application before its response was complete.
        """
        while not self._messages:
            if self._sent:
                return None
            if self._ended:
                self._raise_error()
                return None
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            await waiter
        message, taken = self._messages.pop(0)
        if taken is not None and not taken.done() and taken not in self._held:
            taken.set_result(None)
        return message

    def raise_if_failed(self) -> None:
        """Raise what ended the application, if nothing of its response is left to be sent."""
        if self._error is not None and not self._messages:
            self._raise_error()

    def _raise_error(self) -> None:
        """Raise what ended the application, once; do nothing if there was no error."""
        if self._error is None:
            return
        error, self._error = self._error, None
        try:
            raise error
        finally:
            del error  # which would keep this frame, and this frame it

    def copy_variables(self) -> None:
        """Let the caller see the context variables that the application has set."""
        self._variables.copy_out()

    async def finish(self) -> None:
        """Let the application run to its end: the response was sent, this one or another.

        Raises:
            BaseException: What ended it, if nobody has raised that yet.
        """
        self._let_go()
        for task in self._reading:
            if task is not None:
                self._told.add(task)
                task.cancel()
        while not self._ended:
            await self._until_notified()
        self._variables.copy_out()
        if not isinstance(self._error, CancelledError):
            self._raise_error()

    async def stop(self) -> None:
        """Cancel the application, and wait for its end whatever happens to the caller."""
        if not self._ended:
            self._cancel()
            with CancelScope(shield=True):
                await self._until_ended()
        self._variables.copy_out()
        # The caller raises an error; kept here, its traceback would keep this.
        self._error = self._failure = None

    async def _until_notified(self) -> None:
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        await waiter

    async def _until_ended(self) -> None:
        while not self._ended:
            try:
                await self._until_notified()
            except CancelledError:
                continue  # it is on its way, and the caller is about to raise

    def _cancel(self) -> None:
        """End the application where it stands: nobody wants its response any more."""
        self._cancel_scope.cancel()
        self._let_go()

    def _let_go(self) -> None:
        """From now on nothing holds the application, and what it sends goes nowhere."""
        self._sent = True
        for _, taken in self._messages:
            if taken is not None and not taken.done():
                taken.set_result(None)
        for taken in self._held:
            if not taken.done():
                taken.set_result(None)
        self._messages.clear()
        self._notify()


if sys.version_info >= (3, 12):

    def start_task(
        loop: AbstractEventLoop, work: Coroutine[Any, Any, None], context: Context
    ) -> Task[None]:
        """Start a task, at once where the program has no task factory of its own."""
        if loop.get_task_factory() is None:
            return Task(work, loop=loop, context=context, eager_start=True)
        return loop.create_task(work, context=context)

else:

    def start_task(
        loop: AbstractEventLoop, work: Coroutine[Any, Any, None], context: Context
    ) -> Task[None]:
        """Start a task."""
        return loop.create_task(work, context=context)
