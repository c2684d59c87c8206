"""The worker threads of one event loop, and the way of a call to them and back.

They cost less than AnyIO's, for three reasons. The event loop wakes a thread at the end of its
turn, and that thread takes all calls that have arrived. It is woken while nobody holds the lock of
the interpreter, so it begins at once (`gates`). And results that are ready together wake the event
loop once.

No call waits behind another one that blocks: whoever takes a call and sees more of them wakes the
next thread first.
"""

from __future__ import annotations

import sys
from asyncio import AbstractEventLoop, Future, Task
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import Context, copy_context
from threading import Lock, Thread
from time import monotonic
from typing import Any

from anyio.to_thread import current_default_thread_limiter

from pronghorn.core.threads.claims import Claims
from pronghorn.core.threads.gates import make_gate
from pronghorn.core.threads.names import Names

#: A thread without work for so long ends when another one finishes, as with AnyIO. In seconds.
MAX_IDLE_TIME = 10.0
#: The context variables, the function, the future of its result, and the cancel scope of its task.
Call = tuple[Context, Callable[[], Any], "Future[Any]", Any]


class Pool:
    """The worker threads of one event loop, until its root task ends.

    Args:
        loop: The running event loop.
        names: The private names of AnyIO.
        task_states: Task -> an object with its innermost cancel scope, from AnyIO.
        limiter_place: The dict that holds AnyIO's default limiter, and its key there.
        forget: Is called when the pool is closed.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        names: Names,
        task_states: Mapping[Any, Any],
        limiter_place: tuple[dict[Any, Any], Any],
        forget: Callable[[], None],
    ) -> None:
        self.loop = loop
        self.names = names
        self.task_states = task_states
        #: The scope that code in a thread sees if its task has none: nothing cancels it.
        self.shield = names.cancel_scope(shield=True)
        self.claims = Claims(loop)
        self._forget = forget
        self._run_vars, self._limiter_key = limiter_place
        self._lock = Lock()
        self._calls: deque[Call] = deque()
        self._idle: deque[_Worker] = deque()
        self._finished: deque[tuple[Future[Any], Any, BaseException | None]] = deque()
        self._threads = 0
        #: True while a thread is on its way that will take the first call.
        self._is_waking = False
        #: True while the event loop is on its way to take the results.
        self._is_delivering = False
        self._is_open = True
        names.find_root_task().add_done_callback(self._close, context=Context())

    @property
    def limiter(self) -> Any:
        """Return AnyIO's default limiter of this event loop."""
        return self._run_vars.get(self._limiter_key) or current_default_thread_limiter()

    # --- in the event loop ------------------------------------------------------------------

    def submit(self, function: Callable[[], Any], scope: Any) -> Future[Any]:
        """Call a function in a worker thread, with a copy of the current context variables.

        Args:
            function: The function. It is not called if the future is cancelled before it begins.
            scope: The cancel scope that `anyio.from_thread` sees in the thread.

        Returns:
            The future of its result.
        """
        context, library = copy_context(), self.names.library
        if library is not None and library.get() is not None:
            context.run(library.set, None)
        future = self.loop.create_future()
        self._calls.append((context, function, future, scope))
        with self._lock:
            if self._is_waking:
                return future
            self._is_waking = True
        self.loop.call_soon(self._wake_or_refuse)
        return future

    def _wake_or_refuse(self) -> None:
        try:
            self._wake()
        except RuntimeError as error:
            if self._threads:  # One of them takes the calls.
                return
            while self._calls:
                future = self._calls.popleft()[2]
                if not future.done():
                    future.set_exception(error)

    def _deliver(self) -> None:
        """Resolve the futures of the finished calls."""
        self._is_delivering = False  # First: what is added from now on wakes the loop again.
        self.claims.progress += 1
        finished = self._finished
        while finished:
            future, result, error = finished.popleft()
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            elif isinstance(error, StopIteration):
                future.set_exception(_explain_stop(error))
            else:
                future.set_exception(error)

    def _close(self, root: Task[Any]) -> None:
        """Let every thread end after the calls that were submitted."""
        self._forget()
        with self._lock:
            self._is_open = False
            for worker in self._idle:
                worker.end()
            self._idle.clear()

    # --- in any thread ------------------------------------------------------------------------

    def _wake(self) -> None:
        """Send a thread to the first call; the caller has noted that it is on its way."""
        with self._lock:
            if not self._calls:
                self._is_waking = False
                return
            worker = self._idle.pop() if self._idle else None
        if worker is not None:
            worker.gate.open()
            return
        worker = _Worker(self)
        try:
            worker.start()
        except BaseException:
            self._is_waking = False
            with worker.gate:
                raise
        with self._lock:
            self._threads += 1

    # --- in a worker thread -------------------------------------------------------------------

    def take(self, worker: _Worker, *, was_woken: bool) -> Call | None:
        """Return the next call; None if there is none, and then the worker waits at its gate."""
        with self._lock:
            if was_woken:
                self._is_waking = False
            if not self._calls:
                self._park(worker)
                return None
            call = self._calls.popleft()
            if self._is_waking or not self._calls:
                return call
            self._is_waking = True
        with suppress(RuntimeError):  # Without another thread, this one takes the other calls, too.
            self._wake()
        return call

    def _park(self, worker: _Worker) -> None:
        """Note that a worker is idle, and end those that have been idle for long."""
        if worker.is_ending:
            return
        if not self._is_open:
            worker.end()
            return
        worker.idle_since = now = monotonic()
        self._idle.append(worker)
        while now - self._idle[0].idle_since >= MAX_IDLE_TIME:
            self._idle.popleft().end()
            self._threads -= 1

    def finish(self, future: Future[Any], result: Any, error: BaseException | None) -> None:
        """Hand the outcome of a call over to the event loop."""
        self._finished.append((future, result, error))
        if self._is_delivering:
            return
        self._is_delivering = True
        try:
            self.loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:
            if not self.loop.is_closed():
                raise


class _Worker(Thread):
    """A thread that makes calls, and waits at its gate when there are none."""

    def __init__(self, pool: Pool) -> None:
        inherits_nothing: dict[str, Any] = (
            {"context": Context()} if sys.version_info >= (3, 14) else {}
        )
        super().__init__(name="AnyIO worker thread", **inherits_nothing)
        self._pool = pool
        self.gate = make_gate()
        self.gate.open()  # It starts because there is a call.
        self.idle_since = 0.0
        self.is_ending = False

    def end(self) -> None:
        """Let the thread end instead of waiting for another call; the caller holds the lock.

        The gate is opened first: a thread that sees that it is to end closes its gate for good.
        """
        self.gate.open()
        self.is_ending = True

    def run(self) -> None:
        """Make calls until the thread is to end."""
        pool = self._pool
        with self.gate, pool.names.claim(pool.loop):
            call: Call | None = None
            while call is not None or not self.is_ending:
                if call is None:
                    self.gate.wait()
                    call = pool.take(self, was_woken=True)
                else:
                    call = self._make_and_take(*call)

    def _make_and_take(
        self, context: Context, function: Callable[[], Any], future: Future[Any], scope: Any
    ) -> Call | None:
        """Make a call, and return the next one."""
        pool = self._pool
        result: Any = None
        error: BaseException | None = None
        if not future.cancelled():
            thread_locals = pool.names.thread_locals
            thread_locals.current_cancel_scope = scope
            try:
                result = context.run(function)
            except BaseException as raised:  # noqa: BLE001 - it is raised in the task
                error = raised
            finally:
                del thread_locals.current_cancel_scope
        # Before the result: a task that calls one function after the other has one thread for all.
        call = pool.take(self, was_woken=False)
        pool.finish(future, result, error)
        # The traceback of an error refers to this frame, which would refer to the error.
        del future, error
        return call


def _explain_stop(error: StopIteration) -> RuntimeError:
    """Return the error that a coroutine raises in place of `StopIteration` (PEP 479)."""
    explained = RuntimeError("coroutine raised StopIteration")
    explained.__cause__ = error
    return explained
