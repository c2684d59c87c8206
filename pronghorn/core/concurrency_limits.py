"""Limit how often one thing happens at a time in each event loop."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import anyio
from anyio.lowlevel import current_token


class ConcurrencyLimit:
    """A limit for the concurrent uses of one dependency in each event loop.

    Args:
        max_concurrency: At least 1.
    """

    def __init__(self, max_concurrency: int) -> None:
        self.max_concurrency = max_concurrency
        # Weak references: neither a finished event loop nor a discarded limit keeps the other
        # alive.
        self._semaphores: WeakKeyDictionary[Any, anyio.Semaphore] = WeakKeyDictionary()

    def get_semaphore(self) -> anyio.Semaphore:
        """Return the semaphore of the running event loop, created at its first use there."""
        loop = current_loop()
        semaphore = self._semaphores.get(loop)
        if semaphore is None:
            semaphore = self._semaphores[loop] = anyio.Semaphore(self.max_concurrency)
        return semaphore


def current_loop() -> Any:
    """Return an object that identifies the running event loop: asyncio's loop, trio's token."""
    token = current_token()
    return getattr(token, "native_token", token)
