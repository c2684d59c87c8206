"""A run of the application inside a middleware, in a task of its own.

The task hands its messages over one by one. What it has open (dependencies, cancel scopes,
deadlines, other middleware) belongs to that task and stays open while it waits in its `send`, so
it never reaches the code of the middleware. Messages before the body stop nobody. A message of
the body is held until somebody takes it, and the last one until the response was sent.
"""

from __future__ import annotations

import sys
from asyncio import AbstractEventLoop, CancelledError, Future, Task, current_task
from collections import deque
from collections.abc import Coroutine
from contextvars import Context, copy_context
from math import inf
from typing import Any

from anyio import CancelScope, current_effective_deadline
from anyio.lowlevel import checkpoint
from starlette.middleware.base import _CachedRequest
from starlette.types import ASGIApp, Message, Scope

from pronghorn.middleware.variables import CopiedVariables

_DISCONNECT: Message = {"type": "http.disconnect"}
_BEFORE_BODY = ("http.response.start", "http.response.debug", "http.response.early_hint")


def is_last(message: Message) -> bool:
    """Whether a response is complete with this message."""
    kind = message["type"]
    if kind == "http.response.body":
        return not message.get("more_body", False)
    return bool(kind == "http.response.pathsend")


class InnerRun:
    """One run of an application, in a child task.

    - `messages`: what was sent and nobody has taken yet, and who is held for it.
    - `ended`: nothing more will come.
    - `error`: what ended it, unless it was `cancel`; whoever raises it takes it out.
    """

    __slots__ = (
        "_app",
        "_context",
        "_held",
        "_loop",
        "_reading",
        "_request",
        "_scope",
        "_sent",
        "_started",
        "_task",
        "_told",
        "_variables",
        "_waiters",
        "cancel_scope",
        "ended",
        "error",
        "messages",
    )

    def __init__(
        self, app: ASGIApp, scope: Scope, request: _CachedRequest, loop: AbstractEventLoop
    ) -> None:
        self.messages: deque[tuple[Message, Future[None] | None]] = deque()
        self.ended = False
        self.error: BaseException | None = None
        self.cancel_scope = CancelScope()
        self._app = app
        self._scope = scope
        self._request = request
        self._loop = loop
        self._started = False
        self._sent = False
        self._waiters: list[Future[None]] = []
        #: Those whose message is the last one.
        self._held: list[Future[None]] = []
        #: Tasks that wait for the client, and those of them that were told not to.
        self._reading: set[Task[Any] | None] = set()
        self._told: set[Task[Any] | None] = set()
        context = copy_context()
        self._variables = CopiedVariables(context)
        self._task = start_task(loop, self._run(), context)

    async def _run(self) -> None:
        try:
            with self.cancel_scope:
                await self._app(self._scope, self.receive, self.send)
        except GeneratorExit:  # the event loop is gone, and everybody who waits
            raise
        except BaseException as error:  # noqa: BLE001 - raised where somebody waits for this
            self.error = error
        self.ended = True
        self._notify()

    # --- what the application sees ------------------------------------------------------------

    async def receive(self) -> Message:
        """The next message of the client, or that it has left once the response was sent."""
        if self._sent:
            return _DISCONNECT
        request, task = self._request, current_task()
        # There is nothing more to read: whoever is here wants to know when the client leaves.
        watches = self._started or request._wrapped_rcv_consumed
        self._reading.add(task)
        try:
            message = await request.wrapped_receive()
        except CancelledError:
            if task not in self._told or task is None:
                raise
            self._told.discard(task)
            task.uncancel()
            return _DISCONNECT
        finally:
            self._reading.discard(task)
        # Tasks that were started before the question may begin, unless nobody would wait.
        if watches and current_effective_deadline() != -inf:
            await checkpoint()
        return message

    async def send(self, message: Message) -> None:
        """Hand a message over; return when the application may go on."""
        if self._sent:
            return
        if message["type"] in _BEFORE_BODY:
            self._started = self._started or message["type"] == "http.response.start"
            self.messages.append((message, None))
            self._notify()
            return
        taken = self._loop.create_future()
        self.messages.append((message, taken))
        if is_last(message):
            self._held.append(taken)
        self._notify()
        await taken

    def _notify(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    # --- what the middleware does -------------------------------------------------------------

    async def next_message(self) -> Message | None:
        """The next message; None if the application sends nothing more.

        Raises:
            BaseException: What ended the application before its response was complete.
        """
        while not self.messages:
            if self._sent:
                return None
            if self.ended:
                self.raise_error()
                return None
            await self._until_notified()
        message, taken = self.messages.popleft()
        if taken is not None and not is_last(message) and not taken.done():
            taken.set_result(None)
        return message

    async def _until_notified(self) -> None:
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        await waiter

    def raise_if_failed(self) -> None:
        """Raise what ended the application, if nothing of its response is left to be sent."""
        if not self.messages:
            self.raise_error()

    def raise_error(self) -> None:
        """Raise what ended the application, once; nothing happens if that was no error."""
        if self.error is None:
            return
        error, self.error = self.error, None
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
        while not self.ended:
            await self._until_notified()
        self._variables.copy_out()
        self.raise_error()

    def cancel(self) -> None:
        """End the application where it stands: nobody wants its response any more."""
        self.cancel_scope.cancel()
        self._let_go()

    async def stop(self) -> None:
        """Cancel the application, and wait for its end whatever happens to the caller."""
        if not self.ended:
            self.cancel()
            with CancelScope(shield=True):
                await self._until_ended()
        self._variables.copy_out()

    async def _until_ended(self) -> None:
        while not self.ended:
            try:
                await self._until_notified()
            except CancelledError:  # once more: it is on its way, and the caller will raise
                self.cancel_scope.cancel()

    def _let_go(self) -> None:
        """From now on nothing holds the application, and what it sends goes nowhere."""
        self._sent = True
        self._held += [taken for _, taken in self.messages if taken is not None]
        for taken in self._held:
            if not taken.done():
                taken.set_result(None)
        self._held.clear()
        self.messages.clear()
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
