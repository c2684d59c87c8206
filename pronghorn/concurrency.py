"""Blocking code beside the event loop: worker threads, guaranteed clean-up, limits."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from types import TracebackType
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import anyio
from anyio.lowlevel import current_token
from anyio.to_thread import run_sync
from starlette.concurrency import (
    iterate_in_threadpool,
    run_in_threadpool,
    run_until_first_complete,
)

from pronghorn.core.reexports import find_elsewhere

__all__ = [
    "ConcurrencyLimit",
    "asynccontextmanager",
    "contextmanager_in_threadpool",
    "iterate_in_threadpool",
    "run_in_threadpool",
    "run_until_first_complete",
]

T = TypeVar("T")


class _InThreadpool(AbstractAsyncContextManager[T], Generic[T]):
    """Enters and exits a blocking context manager in worker threads."""

    def __init__(self, manager: AbstractContextManager[T]) -> None:
        self._manager = manager

    async def __aenter__(self) -> T:
        return await run_sync(self._manager.__enter__)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        # The limiter is its own: if every worker waits for a resource that this clean-up would
        # release, waiting for a free worker would never end. The shield makes sure that a cancelled
        # request still releases it.
        limiter = anyio.CapacityLimiter(1)
        suppressed: bool | None = None
        with anyio.CancelScope(shield=True):
            suppressed = await run_sync(
                self._manager.__exit__, kind, error, traceback, limiter=limiter
            )
        return suppressed  # noqa: RET504 - inside the block, a type checker expects another return


def contextmanager_in_threadpool(
    cm: AbstractContextManager[T],
) -> AbstractAsyncContextManager[T]:
    """Use a blocking context manager from async code.

    Entering waits for a free worker thread and can be cancelled while it waits. Exiting always
    runs: it does not need a free worker of the common limit and is shielded from cancellation.

    Args:
        cm: The context manager; its two methods may run in different threads.

    Returns:
        An async context manager that yields the same value, and suppresses what `cm` suppresses.
    """
    return _InThreadpool(cm)


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


find_elsewhere(__name__)
