"""The waits of an operation that a cancellation of its task does not interrupt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any

from anyio import CancelScope


class Waiting:
    """The wait of a task for an operation, in front of the futures of the operation.

    A task cancels the future that it waits for, so the task must not see that of the operation. It
    sees this object, which has the methods that a task needs of a future (`asyncio.isfuture`). The
    future of the operation wakes the task up itself, so there is neither a second future nor a
    further turn of the event loop, as long as nobody cancels.

    Attributes:
        cancellation: What to raise after the operation: the cancellation that came during it.
        is_overdue: Whether its time is over.
        result: What the operation has returned.
    """

    __slots__ = (
        "_asyncio_future_blocking",
        "_context",
        "_future",
        "_is_cancelled",
        "_is_done",
        "_is_to_interrupt",
        "_shield",
        "_waiter",
        "_wake_up",
        "cancellation",
        "is_overdue",
        "result",
    )

    def __init__(self) -> None:
        self.cancellation: asyncio.CancelledError | None = None
        self.is_overdue = False
        self.result: Any = None
        self._asyncio_future_blocking = False
        self._future: Any = None
        self._is_cancelled = False
        self._is_done = False
        self._is_to_interrupt = False
        self._shield: CancelScope | None = None
        self._waiter: asyncio.Future[None] | None = None

    def wait_for(self, future: Any) -> Generator[Any, None, None]:
        """Wait until a future that the operation awaits is done, or for one turn if it is None."""
        if future is None:
            try:
                yield
            except asyncio.CancelledError as error:
                self._hold_back(error)
            return
        future._asyncio_future_blocking = False  # See `asyncio.isfuture`.
        self._future, self._is_cancelled = future, False
        if self._is_to_interrupt:
            self._is_to_interrupt = not future.cancel()
        if self.cancellation is None:
            self._asyncio_future_blocking = True
            try:
                yield self
                return
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001  # It may be that of the future.
                if future.done() and not self._is_cancelled:
                    return  # The operation gets it from the future.
                self._hold_back(error)
            if self._is_done:
                return
        yield from self._wait_by_future(future)

    def _wait_by_future(self, future: Any) -> Generator[Any, None, None]:
        """Wait until a future is done, for a task that is being cancelled."""
        self._is_done = False
        # `future.done()` may be true before other callbacks of the future have run, which have to
        # run before the operation goes on.
        future.add_done_callback(self._note_done)
        while not self._is_done:
            self._waiter = future.get_loop().create_future()
            try:
                yield from self._waiter
            except asyncio.CancelledError as error:
                self._hold_back(error)

    def _note_done(self, _: object) -> None:
        self._is_done = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _hold_back(self, error: BaseException) -> None:
        """Keep a cancellation for later.

        A scope of AnyIO repeats its cancellation in each turn of the event loop, and after the
        operation again, so one of asyncio, which is not repeated, takes its place.
        """
        if not isinstance(error, asyncio.CancelledError):
            raise error
        self.cancellation = error
        if self._shield is None:
            self._shield = CancelScope(shield=True)
            self._shield.__enter__()

    def interrupt(self) -> None:
        """Cancel what the operation waits for, as a cancellation of its task would."""
        self.is_overdue = True
        # If nothing can be cancelled now, the operation goes on, and its next wait is cancelled.
        self._is_to_interrupt = self._future is None or not self._future.cancel()

    def end(self) -> None:
        """Let cancellations through again."""
        if self._shield is not None:
            self._shield.__exit__(None, None, None)
            self._shield = None

    # --- what a task needs of a future ------------------------------------------------------

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the event loop of the operation."""
        loop: asyncio.AbstractEventLoop = self._future.get_loop()
        return loop

    def add_done_callback(
        self, wake_up: Callable[[Any], object], *, context: Context | None = None
    ) -> None:
        """Let the future of the operation wake the task up."""
        self._wake_up, self._context = wake_up, context
        self._future.add_done_callback(wake_up, context=context)

    def remove_done_callback(self, wake_up: Callable[[Any], object]) -> int:
        """Let the future not wake the task up; return how often it would have."""
        count: int = self._future.remove_done_callback(wake_up)
        return count

    def done(self) -> bool:
        """Return whether the future of the operation is done."""
        return bool(self._future.done())

    def cancel(self, msg: Any = None) -> bool:
        """Wake the task up by a cancellation; the future of the operation goes on.

        Returns:
            False if the task is being woken up already; it then raises the cancellation.
        """
        if self._is_cancelled:
            return False
        self._is_cancelled = True
        if not self._future.remove_done_callback(self._wake_up):
            self._is_done = True
            return False
        loop = self._future.get_loop()
        cancelled = loop.create_future()
        cancelled.cancel(msg)
        loop.call_soon(self._wake_up, cancelled, context=self._context)
        return True
