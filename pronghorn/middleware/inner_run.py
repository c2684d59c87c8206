"""A run of the application inside a middleware, in a task of its own.

The task hands over its messages one by one. Everything that it has opened (dependencies, cancel
scopes, deadlines, other middleware) belongs to that task and stays open while it waits in its
`send`, so it never affects the code of the middleware. Messages before the body do not block the
task. A message of the body blocks it until the message is taken, and the last one until the
response is sent.
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

from pronghorn.core.loop_end import end_loop
from pronghorn.middleware.child_scope import new_child_scope
from pronghorn.middleware.next_response import CallNextResponse, is_last
from pronghorn.middleware.variables import CopiedVariables
from pronghorn.run.input.unread import LosesNothing

_DISCONNECT: Message = {"type": "http.disconnect"}
_BEFORE_BODY = ("http.response.start", "http.response.debug", "http.response.early_hint")


class InnerRun(LosesNothing):
    """The run of one request inside of one middleware: at most one run of the application.

    Args:
        app: The application.
        scope: The connection as the middleware received it, with `receive` and `send`.
        loop: The running event loop.

    Attributes:
        app: The application.
        client_left: Whether the application was told that its client has left.
        request: The request of the middleware; the application reads from it.
        started: Whether the application was called.
    """

    __slots__ = (
        "_cancel_scope",
        "_copied_all",
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
        self._unread = None
        #: Messages that were sent and not taken yet, each with the future that its sender awaits.
        self._messages: list[tuple[Message, Future[None] | None]] = []
        #: The future of the reader that waits for a message.
        self._waiters: list[Future[None]] = []
        #: The senders of the last message.
        self._held: list[Future[None]] = []
        #: The tasks of the application that read, and whether each was told to stop.
        self._reading: dict[Task[Any] | None, bool] = {}
        self._response_began = False
        #: True if the messages of the application are discarded.
        self._sent = False
        #: Whether the application has returned, and its exception until it is raised.
        self._ended = self._copied_all = False
        self._error: BaseException | None = None
        #: The exception of `call_next`.
        self._failure: Exception | None = None
        #: Cancels the application, even before it has begun.
        self._cancel_scope = new_child_scope(loop)

    async def _run(self) -> None:
        try:
            with self._cancel_scope:
                try:
                    await self.app(self._scope, self.receive, self.send)
                except (SystemExit, KeyboardInterrupt) as error:
                    # Not by raising it here: an eager task would raise it in `call_next`.
                    await end_loop(error)
        except GeneratorExit as error:
            if not self._is_running():  # The event loop is gone, and with it every waiting task.
                raise
            self._error = error  # The application has raised it.
        except CancelledError as error:  # It ends this task only.
            if self._response_began and not self._sent:
                self._error = error  # a response that is not complete
        except BaseException as error:  # noqa: BLE001 - raised in the task that waits for it
            self._error = error
        self._ended = True
        self._notify()

    def _is_running(self) -> bool:
        """Return False if the task of the application is not running, but thrown away."""
        try:
            running = current_task()
        except RuntimeError:  # No event loop is running.
            return False
        # A task that starts eagerly runs before it is known here.
        return running is getattr(self, "_task", running)

    # --- what the application sees ------------------------------------------------------------

    async def _receive(self) -> Message:
        """Return the next message of the client; after the response, that it has left."""
        if self._sent:
            return _DISCONNECT
        request, task = self.request, current_task()
        # Nothing is left to be read: the caller wants to know when the client leaves.
        watches = self._response_began or request._wrapped_rcv_consumed
        self._reading[task] = False
        try:
            message = await request.wrapped_receive()
            self.client_left = self.client_left or message["type"] == _DISCONNECT["type"]
        except CancelledError:
            if task is None or not self._reading[task]:
                raise
            task.uncancel()
            return _DISCONNECT
        finally:
            del self._reading[task]
        if watches:  # Lets tasks begin that were started before.
            await checkpoint()
        return message

    async def send(self, message: Message) -> None:
        """Hand over a message; return when the application may go on."""
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
        """Let other tasks run, and the application notice that its response is not wanted."""
        if self._sent:
            await checkpoint()

    def put(self, start: Message, body: Message) -> None:
        """Take the messages of a whole response, for which the sender does not wait."""
        if not self._sent:
            self._response_began = True
            self._messages.append((start, None))
            self._messages.append((body, None))
            self._notify()

    def _notify(self) -> None:
        if self._waiters:
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)
            self._waiters.clear()

    # --- what the middleware does -------------------------------------------------------------

    async def call_next(self, request: Request) -> Response:
        """Run the application until its response begins.

        Raises:
            Exception: The exception of the application; each later call raises it too.
            RuntimeError: The application sent nothing, or has already responded.
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
            self.copy_variables()

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
        """Return the next message; None if the application sends nothing more.

        Raises:
            BaseException: The exception that ended the application before its response was
                complete.
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

    def take_last(self) -> Message | None:
        """Return the last message, if it is here and the only one that is left."""
        messages = self._messages
        if len(messages) == 1 and is_last(messages[0][0]):
            return messages.pop()[0]
        return None

    def raise_if_failed(self) -> None:
        """Raise the exception of the application, if nothing of its response is left to be sent."""
        if self._error is not None and not self._messages:
            self._raise_error()

    def _raise_error(self) -> None:
        """Raise the exception of the application, only once; do nothing if there is none."""
        if self._error is None:
            return
        error, self._error = self._error, None
        try:
            raise error
        finally:
            del error  # It would keep this frame alive, and this frame keeps it.

    def copy_variables(self) -> None:
        """Copy the context variables that the application has set to the caller."""
        if not self._copied_all:
            self._copied_all = self._ended
            self._variables.copy_out()

    async def finish(self) -> None:
        """Let the application run to its end, after this response or another one was sent.

        Raises:
            BaseException: The exception of the application, unless it was raised before.
        """
        self._let_go()
        for task in self._reading:
            if task is not None:
                self._reading[task] = True
                task.cancel()
        while not self._ended:
            await self._until_notified()
        self.copy_variables()
        if not isinstance(self._error, CancelledError):
            self._raise_error()

    async def stop(self) -> None:
        """Cancel the application, and wait for its end whatever happens to the caller."""
        if not self._ended:
            self._cancel()
            with CancelScope(shield=True):
                await self._until_ended()
        self.copy_variables()
        # The caller raises an error, whose traceback must not keep this object alive.
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
                continue  # The error is propagating: the caller is about to raise it.

    def _cancel(self) -> None:
        """Cancel the application where it is: its response is not wanted any more."""
        self._cancel_scope.cancel()
        self._let_go()

    def _let_go(self) -> None:
        """Release the application: from now on it does not wait, and its messages are discarded."""
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
        """Start a task, eagerly unless the program has a task factory of its own."""
        if loop.get_task_factory() is None:
            return Task(work, loop=loop, context=context, eager_start=True)
        return loop.create_task(work, context=context)

else:

    def start_task(
        loop: AbstractEventLoop, work: Coroutine[Any, Any, None], context: Context
    ) -> Task[None]:
        """Start a task."""
        return loop.create_task(work, context=context)
