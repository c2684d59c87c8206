"""Ask a store that may be away, without letting a request wait for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from pronghorn.logger import logger

T = TypeVar("T")
#: The seconds between two lines in the log about the same trouble.
QUIET = 60.0
#: How many times its patience a call waits for a store that is late.
LATE = 10


class StoreAwayError(Exception):
    """The store did not answer in time, or failed."""


class Guard:
    """Gives up waiting for a store, and spares it for a while after that.

    A call that takes too long goes on by itself, since a driver may not be able to stop it. After
    a failure nobody is asked during the pause; then one call tries again, unless the store has
    answered meanwhile.

    What is counted elsewhere comes on top of the limit, so a store that is only late is waited for,
    up to ten times the patience: while it answers others, as there are many at once; if it was late
    the last time; and at the first calls, for which a driver opens its connections.

    Args:
        patience: The seconds in which a store answers something if it is not away.
        pause: The seconds without a call after a failure.
    """

    def __init__(self, patience: float, pause: float = 1.0) -> None:
        self._patience = patience
        self._pause = pause
        self._closed_until = 0.0
        self._is_failing = False
        self._is_new = True
        self._took = 0.0
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
        task.add_done_callback(partial(self._note_end, begun))
        is_away = await self._wait(task, begun)
        if not task.done():
            reason = f"it did not answer within {time.monotonic() - begun:.2g} s"
            raise self._fail(reason, is_away=is_away)
        error = task.exception()
        if error is not None:
            raise self._fail(f"{type(error).__name__}: {error}") from error
        return task.result()

    async def _wait(self, task: asyncio.Future[Any], begun: float) -> bool:
        """Wait for a call while the store answers others; return whether it has answered nobody."""
        longest = LATE * self._patience
        patience = min(max(self._patience, 2 * self._took), longest)
        looked = begun
        while True:
            await asyncio.wait((task,), timeout=patience)
            now = time.monotonic()
            is_away = self._answered_at < looked
            # A loop that was held up has not read yet what the store has sent meanwhile.
            was_held_up = now - looked > 2 * patience
            if task.done() or now - begun >= longest:
                return is_away
            if is_away and not self._is_new and not was_held_up:
                return True
            looked = now

    def _note_end(self, begun: float, task: asyncio.Future[Any]) -> None:
        """Note that the store has answered, also if nobody waits for this answer any more."""
        if task.cancelled() or task.exception() is not None:
            return
        self._answered_at = time.monotonic()
        if not self._is_new:  # The first answers come over connections that are opened for them.
            self._took = self._answered_at - begun
        self._is_failing = self._is_new = False

    def _fail(self, reason: str, *, is_away: bool = True) -> StoreAwayError:
        now = time.monotonic()
        self._is_new = False
        if is_away:
            self._is_failing = True
            self._closed_until = now + self._pause
        if now - self._said_at >= QUIET:
            self._said_at = now
            first = reason.partition("\n")[0]
            logger.error("The store of the rate limits cannot be asked: %s", first)
        return StoreAwayError(reason)
