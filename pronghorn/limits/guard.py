"""Ask a store that may be away, without letting a request wait for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from pronghorn.logger import logger

T = TypeVar("T")
#: The seconds between two lines in the log about the same trouble.
QUIET = 60.0


class StoreAwayError(Exception):
    """The store did not answer in time, or failed."""


class Guard:
    """Gives up waiting for a store, and spares it for a while after that.

    A call that takes too long goes on by itself, since a driver may not be able to stop it. After
    a failure nobody is asked during the pause; then one call tries again. A call that is late while
    others are answered is only late: there are many at once.

    Args:
        patience: The seconds that a call may take.
        pause: The seconds without a call after a failure.
    """

    def __init__(self, patience: float, pause: float = 1.0) -> None:
        self._patience = patience
        self._pause = pause
        self._closed_until = 0.0
        self._is_failing = False
        self._answered_at = -QUIET
        self._said_at = -QUIET

    async def call(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what a function returns.

        Args:
            ask: Asks the store.

        Raises:
            StoreAwayError: It did not return in time, or raised; the reason is in the log.
        """
        begun = time.monotonic()
        if self._is_failing:
            if begun < self._closed_until:
                raise StoreAwayError
            self._closed_until = begun + self._pause  # Only this call tries.
        task = asyncio.ensure_future(ask())
        try:
            await asyncio.wait((task,), timeout=self._patience)
        finally:
            if not task.done():
                task.add_done_callback(_forget)
        if not task.done():
            reason = f"it did not answer within {self._patience:g} s"
            raise self._fail(reason, is_away=self._answered_at < begun)
        error = task.exception()
        if error is not None:
            raise self._fail(f"{type(error).__name__}: {error}") from error
        self._is_failing = False
        self._answered_at = time.monotonic()
        return task.result()

    def _fail(self, reason: str, *, is_away: bool = True) -> StoreAwayError:
        now = time.monotonic()
        if is_away:
            self._is_failing = True
            self._closed_until = now + self._pause
        if now - self._said_at >= QUIET:
            self._said_at = now
            first = reason.partition("\n")[0]
            logger.error("The store of the rate limits cannot be asked: %s", first)
        return StoreAwayError(reason)


def _forget(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()  # Nobody waits for it any more.
