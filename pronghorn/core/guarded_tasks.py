"""The tasks whose endpoint may be cancelled: at its timeout, or when its client leaves.

A guard cancels the task of a request once, and only where that does no harm. It does not interrupt
a thread, because the thread would go on with objects that the clean-up closes. And it does not
interrupt the clean-up of dependencies. In both cases it waits.
"""

from __future__ import annotations

import asyncio
from typing import Any

from pronghorn.core.cancel_scopes import GUARDS


class Guard:
    """Cancels the endpoint of one request.

    Args:
        task: The task that runs the endpoint.

    Attributes:
        reason: Why the endpoint is cancelled; None if it is not.
        is_answered: True once another task answers the request: this one must not.
        is_in_thread: True while the task waits for a thread.
        is_over: True once the endpoint and all clean-up are over.
        is_thrown: True once the task was cancelled.
    """

    __slots__ = (
        "_holds",
        "_ignores_departure",
        "_is_waiting",
        "_outer",
        "_task",
        "is_answered",
        "is_in_thread",
        "is_over",
        "is_thrown",
        "reason",
    )

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task
        self._holds = 0
        #: True while a cancellation waits.
        self._is_waiting = False
        self._ignores_departure = self.is_over = False
        self.is_answered = self.is_thrown = self.is_in_thread = False
        self.reason: str | None = None
        self._outer = GUARDS.get(task)
        GUARDS[task] = self

    def end(self) -> None:
        """Forget the task: its endpoint and all clean-up are over."""
        self.is_over = True
        if self._outer is None:
            del GUARDS[self._task]
        else:
            GUARDS[self._task] = self._outer

    # --- asked to cancel ------------------------------------------------------------------------

    def may_answer(self) -> bool:
        """Return True as long as no response has begun; subclasses know."""
        return True

    def cancel(self, reason: str) -> bool:
        """Cancel the endpoint now, or as soon as nothing holds that up.

        Args:
            reason: Why.

        Returns:
            False if it is too late, or if it was cancelled before.
        """
        if self.reason is not None or self.is_over or not self.may_answer():
            return False
        self.reason = reason
        if self._holds:
            self._is_waiting = True
        else:
            self._throw()
        return True

    def leave(self, reason: str) -> None:
        """Cancel the endpoint because its client has left, unless it has returned."""
        if not self._ignores_departure:
            self.cancel(reason)

    def _throw(self) -> None:
        self._is_waiting = False
        self.is_thrown = True
        self._task.cancel()

    # --- the way of a request --------------------------------------------------------------------

    def ignore_departure(self) -> None:
        """Note that the endpoint has returned, or that it cannot be stopped.

        Raises:
            CancelledError: The request was answered in its place.
        """
        self._ignores_departure = True
        self.check()

    def check(self) -> None:
        """Raise `CancelledError` if the request was answered in the place of this task."""
        if self.is_answered:
            raise asyncio.CancelledError

    def hold(self) -> None:
        """Let cancellations wait."""
        self._holds += 1

    def let_go(self) -> None:
        """Undo one `hold`; a cancellation that has waited comes when the task waits next."""
        self._holds -= 1
        if self._is_waiting and not self._holds:
            self._task.get_loop().call_soon(self._throw_late)

    def _throw_late(self) -> None:
        if self._is_waiting and not self._holds and not self.is_over and self.may_answer():
            self._throw()

    def begin_thread(self) -> None:
        """Let cancellations wait for the end of a thread, which cannot be interrupted."""
        self._holds += 1
        self.is_in_thread = True

    def end_thread(self) -> None:
        """Undo `begin_thread`."""
        self._holds -= 1
        self.is_in_thread = False

    def cancel_after_thread(self) -> None:
        """Let a cancellation that has waited for a thread take effect.

        Raises:
            CancelledError: The endpoint was to be cancelled meanwhile.
        """
        if self._is_waiting and not self._holds:
            self._is_waiting = False
            raise asyncio.CancelledError
        self.check()
