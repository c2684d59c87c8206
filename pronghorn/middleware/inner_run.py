"""A run of the application inside a middleware, which stops where it sends.

The application is a coroutine that this module moves on step by step, in the task that asks for
the next message. So it shares task and context variables with the middleware, and whatever it
has open (dependencies, scopes, other middleware) stays open while the middleware works on the
response: it stands still in the middle of its `send`.

    capturing   each message stops the application, until the middleware has taken it
    forwarding  messages go on to the server; only the last one stops it
    sent        nothing stops it; what it still sends goes nowhere
"""

from __future__ import annotations

from asyncio import CancelledError, Future, Task, current_task, get_running_loop, wait
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from math import inf
from types import coroutine
from typing import Any

from anyio import CancelScope, current_effective_deadline
from anyio.lowlevel import checkpoint
from starlette.middleware.base import _CachedRequest
from starlette.types import ASGIApp, Message, Scope, Send

from pronghorn.middleware.task_scopes import ScopesAside

_DISCONNECT: Message = {"type": "http.disconnect"}
_BEFORE_BODY = ("http.response.start", "http.response.debug", "http.response.early_hint")


def is_last(message: Message) -> bool:
    """Whether a response is complete with this message."""
    kind = message["type"]
    if kind == "http.response.body":
        return not message.get("more_body", False)
    return bool(kind == "http.response.pathsend")


@coroutine
def _stop(run: InnerRun) -> Generator[Any, Any, None]:
    """Hand control to whoever moves `run` on."""
    yield run


class InnerRun:
    """One run of an application, in the task of the middleware around it.

    - `request`: that of the middleware; the application reads from it.
    - `task`: the one that runs now.
    """

    def __init__(
        self, app: ASGIApp, scope: Scope, request: _CachedRequest, task: Task[Any] | None
    ) -> None:
        #: What was sent and nobody has taken yet, and who stands at it in a task of its own.
        self.messages: deque[tuple[Message, Future[None] | None]] = deque()
        self._at_last = False
        #: Where messages go on to, once the response is sent as it is.
        self.forward: Send | None = None
        self.complete = False
        self.ended = False
        #: What the application raised after its response had begun.
        self.error: Exception | None = None
        self._sent = False
        self._started = False
        self._request = request
        self._receiving: set[CancelScope] = set()
        self._home = task
        self._driver: Task[Any] | None = None
        self._scopes = ScopesAside()
        self._wake: Future[None] | None = None
        self._stopped: list[Future[None]] = []
        #: The task of another response, and who asks for the next message there.
        self._serving: Task[None] | None = None
        self._asked: Future[None] | None = None
        #: What the application waits for; the run itself when it waits for being moved on.
        self._waited: Any = self
        self._steps: Any = self._begin(app(scope, self.receive, self.send))

    def _begin(self, running: Awaitable[None]) -> Any:
        return running if hasattr(running, "send") else running.__await__()

    # --- what the application sees ------------------------------------------------------------

    async def receive(self) -> Message:
        """The next message of the client, or that it has left once the response was sent."""
        if self._sent:
            return _DISCONNECT
        request = self._request
        if not self._started and not request._wrapped_rcv_consumed:
            return await request.wrapped_receive()
        # There is nothing more to read: whoever is here wants to know when the client leaves.
        with CancelScope() as scope:
            self._receiving.add(scope)
            try:
                message = await request.wrapped_receive()
            finally:
                self._receiving.discard(scope)
            # Tasks that were started before the question may begin, unless nobody would wait.
            if not self._started and current_effective_deadline() != -inf:
                await checkpoint()
            return message
        return _DISCONNECT

    async def send(self, message: Message) -> None:
        """Take a message; return when the application may go on."""
        if self._sent:
            return
        last = self._at_last = is_last(message)
        if self.forward is not None:
            await self.forward(message)
            if not last:
                return
            self.complete = True
        elif message["type"] in _BEFORE_BODY:
            self._started = self._started or message["type"] == "http.response.start"
            self.messages.append((message, None))
            self._notify()
            return
        if self._driver is not None and self._driver is current_task():
            if self.forward is None:
                self.messages.append((message, None))
            await _stop(self)
        else:
            await self._stop_task(message)

    async def _stop_task(self, message: Message) -> None:
        """Hold a task of the application until its message was taken, or the response sent."""
        stopped = get_running_loop().create_future()
        if self.forward is None:
            self.messages.append((message, stopped))
        self._stopped.append(stopped)
        self._notify()
        await stopped

    # --- what the middleware does -------------------------------------------------------------

    @property
    def has_all(self) -> bool:
        """Whether the application need not move on before the response was sent."""
        return self.ended or self._at_last

    def take(self) -> Message:
        """The oldest message; unless it is the last one, a task that stands at it goes on."""
        message, stopped = self.messages.popleft()
        if stopped is not None and not is_last(message) and not stopped.done():
            stopped.set_result(None)
        return message

    async def deliver(self, send: Send) -> None:
        """Send the rest of the response; afterwards the application stands at its last message.

        A body that the application does not end is ended for it.
        """
        while self.messages:
            message = self.take()
            await send(message)
            self.complete = is_last(message)
        if not self.complete:
            self.forward = send
            await self.advance_quietly()
        if not self.complete:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def advance_quietly(self) -> None:
        """Move on; an error of the application comes when the response was sent."""
        try:
            await self.advance()
        except Exception as error:  # noqa: BLE001 - raised by `finish`
            self.error = error

    async def next_message(self) -> None:
        """Move on to the next message of the body, in the task that the application is in."""
        if self._serving is None or current_task() is self._home:
            await self.advance_quietly()
            return
        self._asked = get_running_loop().create_future()
        self._notify()
        await self._asked

    async def serve(self, answering: Coroutine[Any, Any, None]) -> None:
        """Send another response, which may read the body of this one from tasks of its own.

        The application goes on here, whenever somebody asks for the next message.
        """
        self._serving = task = get_running_loop().create_task(answering)
        task.add_done_callback(self._on_done)
        try:
            while not task.done():
                await self._answer_one()
        finally:
            await _ended(task)
        task.result()

    async def _answer_one(self) -> None:
        """Go on with the application if somebody has asked; else wait until somebody does."""
        asked, self._asked = self._asked, None
        if asked is None:
            await self._until_notified()
            return
        await self.advance_quietly()
        if not asked.done():
            asked.set_result(None)

    async def _until_notified(self) -> None:
        self._wake = get_running_loop().create_future()
        try:
            await self._wake
        finally:
            self._wake = None

    async def finish(self) -> None:
        """Let the application run to its end: the response was sent, this one or another."""
        self._sent = True
        self._let_go()
        for scope in list(self._receiving):
            scope.cancel()
        await self.advance()
        if self.error is not None:
            raise self.error

    async def cancel(self) -> None:
        """End the application where it stands: the middleware has failed."""
        self._sent = True
        if not self.ended and self._waited is self:
            # Something to wait for, where the cancellation can come in.
            self._waited = next(iter(get_running_loop().create_future()))
        with CancelScope() as scope:
            scope.cancel()
            try:
                await self.advance()
            except Exception:  # noqa: BLE001 - what the middleware raised counts
                return
            finally:
                self._let_go()

    def _let_go(self) -> None:
        for stopped in self._stopped:
            if not stopped.done():
                stopped.set_result(None)
        self._stopped.clear()

    def _notify(self) -> None:
        """Another task has sent something: wake the one that waits for it."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    # --- moving on ----------------------------------------------------------------------------

    def _is_ready(self) -> bool:
        """Whether there is something to do for the middleware."""
        if self.ended:
            return True
        if self._sent:
            return False
        if self._serving is not None and self._serving.done():
            return True
        return self.complete if self.forward is not None else bool(self.messages)

    @coroutine
    def advance(self) -> Generator[Any, Any, None]:
        """Run the application to its next message, or as far as the present phase says."""
        if self._is_ready():
            return
        self._driver = current_task()
        self._scopes.put_on(self._driver)
        try:
            while not self._is_ready():
                waited = self._waited
                if waited is self:
                    self._step(self._steps.send, None)
                elif isinstance(waited, Future) and not self._sent:
                    yield from self._while_waiting(waited)
                else:
                    yield from self._pass_on(waited)
        finally:
            self._driver = None
            self._scopes.take_off(current_task())  # another one if a run around this was moved

    def _step(self, move: Callable[[Any], Any], value: Any) -> None:
        """One step of the application; raises what it raises."""
        try:
            self._waited = move(value)
        except StopIteration:
            self.ended = True
        except BaseException:
            self.ended = True
            raise

    def _pass_on(self, waited: Any) -> Generator[Any, Any, None]:
        """Let the event loop, or the run around this one, see what the application waits for."""
        if isinstance(waited, Future):
            waited._asyncio_future_blocking = True  # Another task may have waited for it too.
        try:
            answer = yield waited
        except BaseException as error:  # noqa: BLE001 - for the application
            self._step(self._steps.throw, error)
        else:
            self._step(self._steps.send, answer)

    def _while_waiting(self, waited: Future[Any]) -> Generator[Any, Any, None]:
        """Wait for what the application waits for, or for a message from a task of its own."""
        try:
            yield from self._either(waited)
        except CancelledError as error:
            if current_task() is not self._home and not self._scopes.cancelled():
                raise  # who reads the body was cancelled, not the application
            if not waited.cancel(*error.args):
                self._step(self._steps.throw, error)
            return
        if waited.done():
            self._step(self._steps.send, None)

    def _either(self, waited: Future[Any]) -> Generator[Any, Any, None]:
        if waited.done():
            return
        self._wake = get_running_loop().create_future()
        waited.add_done_callback(self._on_done)
        try:
            yield from self._wake
        finally:
            self._wake = None
            waited.remove_done_callback(self._on_done)

    def _on_done(self, waited: Future[Any]) -> None:
        self._notify()


class RunInOwnTask(InnerRun):
    """The same in a task of its own, for middleware that goes on in another task itself.

    ``asyncio.wait_for`` of Python 3.11 does so. The application must begin and end in one task.
    """

    def _begin(self, running: Awaitable[None]) -> Any:
        self._task = get_running_loop().create_task(self._run(running))
        self._task.add_done_callback(self._on_end)
        self._raised = False
        return None

    async def _run(self, running: Awaitable[None]) -> None:
        await running

    def _on_end(self, task: Future[Any]) -> None:
        self.ended = True
        self._notify()

    async def advance(self) -> None:  # type: ignore[override]  # a coroutine of another kind
        """Wait for the next message, or as the present phase says."""
        while not self._is_ready():
            try:
                await self._until_notified()
            except CancelledError:
                if not self._started or self._sent:
                    self._task.cancel()
                raise
        if self.ended and not self._raised and not self._task.cancelled():
            self._raised = True
            await self._task

    async def next_message(self) -> None:
        """Wait for the next message of the body, in whatever task."""
        await self.advance_quietly()

    async def serve(self, answering: Coroutine[Any, Any, None]) -> None:
        """Send another response."""
        await answering

    async def cancel(self) -> None:
        """End the application where it stands: the middleware has failed."""
        self._sent = True
        self._task.cancel()
        with CancelScope(shield=True):
            try:
                await self.advance()
            except Exception:  # noqa: BLE001 - what the middleware raised counts
                return


async def _ended(task: Task[Any]) -> None:
    """Cancel a task that is not done, and wait until it is."""
    if not task.done():
        task.cancel()
        with CancelScope(shield=True):
            await wait([task])
