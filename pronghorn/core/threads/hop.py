"""Call a blocking function in a worker thread, from a coroutine.

This hop leads to any free thread of a pool, and back. That to the one thread of a connection of
SQLite is another (`sql/hops.py`).

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

from asyncio import AbstractEventLoop, Task, current_task, get_running_loop
from collections.abc import Awaitable, Callable
from functools import partial
from threading import local
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from anyio import WouldBlock, to_thread

from pronghorn.core.cancel_scopes import GUARDS, read_states
from pronghorn.core.monkeypatches import original

if TYPE_CHECKING:
    from pronghorn.core.threads.claims import Claim
    from pronghorn.core.threads.pool import Pool

T = TypeVar("T")


class _OfThread(local):
    """The pools of the event loops that run in this thread."""

    def __init__(self) -> None:
        self.pools: dict[AbstractEventLoop, Pool] = {}


_of_thread = _OfThread()
_RUN_SYNC = original(to_thread, "run_sync")


async def run_in_thread(
    function: Callable[[], T], *, keeps_token: bool = False, claim: Claim | None = None
) -> T:
    """Return the result of a function, which is called in a worker thread.

    Args:
        function: An ordinary function without arguments, which may block.
        keeps_token: Whether the token stays with the request until its next call, which follows at
            once, if it has a claim.
        claim: The claim of the request, if another task than its own makes the call.
    """
    pool = _find_pool()
    task = current_task() if pool is not None else None
    if pool is None or task is None:
        return await to_thread.run_sync(function)
    claim = claim or pool.claims.of_task.get(task)
    state = pool.task_states.get(task)
    scope = state.cancel_scope if state is not None else None
    if task.cancelling() or (scope is not None and scope._effectively_cancelled):
        if claim is not None:
            claim.give_back()
        return await to_thread.run_sync(function)
    if claim is not None:
        guard = GUARDS.get(task) if GUARDS else None
        submit = _submit if guard is None else partial(_run_guarded, guard)
        return await _run_with_claim(
            claim, pool, task, partial(submit, pool, function, scope), keeps_token
        )
    limiter = pool.limiter
    try:
        limiter.acquire_on_behalf_of_nowait(task)
    except WouldBlock:
        await limiter.acquire_on_behalf_of(task)
    try:
        if GUARDS and task in GUARDS:
            return await _run_guarded(GUARDS[task], pool, function, scope)
        if scope is None:  # Nothing but a scope around the task needs a shield.
            result: T = await pool.submit(function, pool.shield)
            return result
        with pool.names.cancel_scope(shield=True):
            result = await pool.submit(function, scope)
        return result  # noqa: RET504 - inside the block, a type checker expects another return
    finally:
        limiter.release_on_behalf_of(task)


async def _run_with_claim(
    claim: Claim, pool: Pool, task: Task[Any], submit: Callable[[], Awaitable[T]], keeps_token: bool
) -> T:
    """Do as `run_in_thread` for a request with a claim."""
    claims = pool.claims
    held = claim.take()
    if held is None:
        held = await claims.acquire(pool.limiter, claim, task)
    try:
        result = await submit()
        claim.calls += 1
        if keeps_token:
            claim.keep(held)
            held = None
        return result
    finally:
        if held is not None:
            claims.release(held, task)


async def _submit(pool: Pool, function: Callable[[], T], scope: Any) -> T:
    if scope is None:
        result: T = await pool.submit(function, pool.shield)
        return result
    with pool.names.cancel_scope(shield=True):
        result = await pool.submit(function, scope)
    return result  # noqa: RET504 - inside the block, a type checker expects another return


def find_claim(*, opens: bool = False) -> Claim | None:
    """Return the claim of the running task.

    Args:
        opens: Whether it is made if the task has none. The caller closes it then.

    Returns:
        None if the task has none, or AnyIO makes the calls.
    """
    pool = _find_pool()
    task = current_task() if pool is not None else None
    if pool is None or task is None:
        return None
    return pool.claims.open(task) if opens else pool.claims.of_task.get(task)


async def _run_guarded(guard: Any, pool: Pool, function: Callable[[], T], scope: Any) -> T:
    """Return the result of a function that the guard of the task does not interrupt."""
    guard.begin_thread()
    try:
        result = await _submit(pool, function, scope)
    finally:
        guard.end_thread()
    guard.cancel_after_thread()
    return result


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
    names, states, pools = find_names(), read_states(), _of_thread.pools
    if names is None or states is None:
        return None
    place = find_limiter(loop)
    if place is None:
        return None

    def forget() -> None:
        pools.pop(loop, None)

    pool = pools[loop] = Pool(loop, names, states, place, forget)
    return pool
