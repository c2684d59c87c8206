"""Blocking code beside the event loop: worker threads, guaranteed clean-up, limits, scopes."""

from __future__ import annotations

from asyncio import current_task
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from functools import cache
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

from pronghorn.core.private_names import optional
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
_ASYNCIO_OF_ANYIO = "anyio._backends._asyncio"


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


# --- cancel scopes --------------------------------------------------------------------------
#
# A shield protects from the scopes around it. In a task without any scope, such as that of a
# request on a server, nothing is there to protect from.


def new_nested_scope() -> anyio.CancelScope | None:
    """Return a cancel scope to open around code that may have to be shielded later.

    Returns:
        A new scope; None if no other scope surrounds the running code, so that a shield would
            change nothing. The cancellation of a task itself passes through every shield.
    """
    try:
        task = current_task()
    except RuntimeError:  # Trio, where every task is inside a scope.
        task = None
    states = _read_states() if task is not None else None
    if task is None or states is None:
        return anyio.CancelScope()
    state = states.get(task)
    if state is None or state.cancel_scope is None:
        return None
    return new_scope_of_asyncio()


def new_scope_of_asyncio() -> anyio.CancelScope:
    """Return a new scope, if the running task is one of asyncio's.

    `anyio.CancelScope()` asks for the running event loop each time, and runs the constructor twice.
    """
    return _class_on_asyncio()()


@cache
def _class_on_asyncio() -> type[anyio.CancelScope]:
    """Return the class of the scopes on asyncio; the first caller runs in a task of asyncio."""
    return type(anyio.CancelScope())


@cache
def _read_states() -> Mapping[Any, Any] | None:
    """Return what AnyIO knows of the tasks of asyncio; None if this version keeps it elsewhere.

    A task without an entry, or without a scope in its entry, is not inside a scope.
    """
    states: Mapping[Any, Any] | None = optional(
        _ASYNCIO_OF_ANYIO,
        "_task_states",
        "A dependency with `yield` opens a cancel scope in each request.",
    )
    if states is None:
        return None
    with anyio.CancelScope() as scope:  # noqa: ASYNC100 - it is opened to be seen
        is_seen = getattr(states.get(current_task()), "cancel_scope", None) is scope
    return states if is_seen else None


find_elsewhere(__name__)
