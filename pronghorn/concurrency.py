"""Blocking code beside the event loop: worker threads, clean-up that always runs, limits."""

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
        # A limiter of its own: if every worker waits for something that this clean-up would
        # give back, waiting for a free worker would never end. Shielded: a cancelled request
        # must still give it back.
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
    runs: it needs no free worker of the common limit and is shielded from cancellation.

    Args:
        cm: The context manager; its two methods may run in different threads.

    Returns:
        An async context manager that gives the same value, and suppresses what `cm` does.
    """
    return _InThreadpool(cm)


class ConcurrencyLimit:
    """How many uses of one dependency may run at the same time in each event loop.

    Args:
        max_concurrency: At least 1.
    """

    def __init__(self, max_concurrency: int) -> None:
        self.max_concurrency = max_concurrency
        # Weak, so that neither a finished event loop nor a discarded limit keeps the other.
        self._semaphores: WeakKeyDictionary[Any, anyio.Semaphore] = WeakKeyDictionary()

    def get_semaphore(self) -> anyio.Semaphore:
        """The semaphore of the running event loop, made at its first use there."""
        loop = current_loop()
        semaphore = self._semaphores.get(loop)
        if semaphore is None:
            semaphore = self._semaphores[loop] = anyio.Semaphore(self.max_concurrency)
        return semaphore


def current_loop() -> Any:
    """The object that stands for the running event loop: asyncio's loop, trio's token."""
    token = current_token()
    return getattr(token, "native_token", token)


find_elsewhere(__name__)
