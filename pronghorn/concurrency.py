"""Blocking code beside the event loop: worker threads, guaranteed clean-up, limits, scopes.

The endpoints, dependencies, exception handlers and lifespans of a program are called by
`run_in_thread`; background tasks, and what Starlette's own classes do, go through Starlette's
`run_in_threadpool`. In both, a program sees what AnyIO documents for `anyio.to_thread.run_sync`. A
call takes a token of AnyIO's default limiter, in order; it receives a copy of the context
variables; a cancel scope around it is noticed when the thread has finished, while `Task.cancel`
ends the waiting at once; and `anyio.from_thread` works in the function. AnyIO makes the call itself
where it is asked for by a replaced `anyio.to_thread.run_sync`, on Trio, outside of a task, in a
scope or a task that is cancelled already, and if its private names are not those that we know.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, current_task, get_running_loop
from collections.abc import Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
)
from functools import cache, partial
from threading import local
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import anyio
from anyio import WouldBlock, to_thread
from anyio.lowlevel import current_token
from starlette.concurrency import (
    iterate_in_threadpool,
    run_in_threadpool,
    run_until_first_complete,
)

from pronghorn.core.monkeypatches import original
from pronghorn.core.private_names import optional, warn_of_change
from pronghorn.core.reexports import find_elsewhere

if TYPE_CHECKING:
    from pronghorn.core.threads.pool import Pool

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
_WITHOUT_STATES = (
    "Calls of `def` functions are slower, and a dependency with `yield` opens a cancel scope."
)


# --- worker threads -----------------------------------------------------------------------------


class _OfThread(local):
    """The pools of the event loops that run in this thread."""

    def __init__(self) -> None:
        self.pools: dict[AbstractEventLoop, Pool] = {}


_of_thread = _OfThread()
_RUN_SYNC = original(to_thread, "run_sync")


async def run_in_thread(function: Callable[[], T]) -> T:
    """Return the result of a function, which is called in a worker thread.

    Args:
        function: An ordinary function without arguments, which may block.
    """
    pool = _find_pool()
    task = current_task() if pool is not None else None
    if pool is None or task is None or task.cancelling():
        return await to_thread.run_sync(function)
    state = pool.task_states.get(task)
    scope = state.cancel_scope if state is not None else None
    if scope is not None and scope._effectively_cancelled:
        return await to_thread.run_sync(function)
    limiter = pool.limiter
    try:
        limiter.acquire_on_behalf_of_nowait(task)
    except WouldBlock:
        await limiter.acquire_on_behalf_of(task)
    try:
        if scope is None:  # Nothing but a scope around the task needs a shield.
            result: T = await pool.submit(function, pool.shield)
            return result
        with pool.names.cancel_scope(shield=True):
            result = await pool.submit(function, scope)
        return result  # noqa: RET504 - inside the block, a type checker expects another return
    finally:
        limiter.release_on_behalf_of(task)


async def run_at_all_costs(function: Callable[[], T]) -> T:
    """Return the result of a function that waits neither for a token nor for a cancel scope.

    It is for clean-up. If every call waits for a resource that this one releases, waiting for one
    of them would never end.
    """
    pool = _find_pool()
    task = current_task() if pool is not None else None
    if pool is None or task is None or task.cancelling():
        return await _run_in_shield(function)
    state = pool.task_states.get(task)
    if state is None or state.cancel_scope is None:
        result: T = await pool.submit(function, pool.shield)
        return result
    with pool.names.cancel_scope(shield=True):
        result = await pool.submit(function, pool.shield)
    return result  # noqa: RET504 - inside the block, a type checker expects another return


async def _run_in_shield(function: Callable[[], T]) -> T:
    with anyio.CancelScope(shield=True):
        result = await to_thread.run_sync(function, limiter=anyio.CapacityLimiter(1))
    return result  # noqa: RET504 - inside the block, a type checker expects another return


async def call_in_thread(function: Callable[..., T], *positional: Any, **named: Any) -> T:
    """Return the result of a function, which is called with these arguments in a worker thread."""
    return await run_in_thread(partial(function, *positional, **named))


def _find_pool() -> Pool | None:
    """Return the pool of the running event loop; None if AnyIO has to make the call."""
    if to_thread.run_sync is not _RUN_SYNC:
        return None
    try:
        loop = get_running_loop()
    except RuntimeError:  # Trio
        return None
    return _of_thread.pools.get(loop) or _open_pool(loop)


def _open_pool(loop: AbstractEventLoop) -> Pool | None:
    # Programs of coroutines need neither; the latter loads AnyIO's part for asyncio.
    from pronghorn.core.threads.names import find_limiter, find_names
    from pronghorn.core.threads.pool import Pool

    if current_task() is None:
        return None
    names, states, pools = find_names(), _read_states(), _of_thread.pools
    if names is None or states is None:
        return None
    place = find_limiter(loop)
    if place is None:
        return None

    def forget() -> None:
        pools.pop(loop, None)

    pool = pools[loop] = Pool(loop, names, states, place, forget)
    return pool


# --- clean-up and limits ------------------------------------------------------------------------


class _InThreadpool(AbstractAsyncContextManager[T], Generic[T]):
    """Enters and exits a blocking context manager in worker threads."""

    def __init__(self, manager: AbstractContextManager[T]) -> None:
        self._manager = manager

    async def __aenter__(self) -> T:
        return await run_in_thread(self._manager.__enter__)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        # If every worker waits for a resource that this clean-up would release, waiting for a free
        # worker would never end. The shield makes sure that a cancelled request still releases it.
        return await run_at_all_costs(partial(self._manager.__exit__, kind, error, traceback))


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
    states = optional(_ASYNCIO_OF_ANYIO, "_task_states", _WITHOUT_STATES)
    if states is None:
        return None
    with anyio.CancelScope() as scope:  # noqa: ASYNC100 - it is opened to be seen
        try:
            is_seen = states.get(current_task()).cancel_scope is scope
        except (AttributeError, TypeError):
            is_seen = False
    if not is_seen:
        warn_of_change(_ASYNCIO_OF_ANYIO, "_task_states", _WITHOUT_STATES)
        return None
    found: Mapping[Any, Any] = states
    return found


find_elsewhere(__name__)
