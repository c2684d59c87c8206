"""The private names of AnyIO without which no thread of ours could stand for one of its own."""

from __future__ import annotations

import sys
from asyncio import get_running_loop
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import anyio.lowlevel
from anyio import from_thread
from anyio.to_thread import current_default_thread_limiter

from pronghorn.core.private_names import has_names, warn_of_change

BACKEND = "anyio._backends._asyncio"
EVENT_LOOP = "anyio._core._eventloop"
LOW_LEVEL = "anyio.lowlevel"
_SLOWER = "Calls of `def` functions are slower."


class Names(NamedTuple):
    """The parts of AnyIO that a pool uses.

    Attributes:
        backend: The class that implements AnyIO on asyncio.
        cancel_scope: The class of its cancel scopes.
        find_root_task: Returns the task whose end is the end of the worker threads.
        claim_worker_thread: Makes `anyio.from_thread` work inside the block.
        thread_locals: Holds the cancel scope that `anyio.from_thread.check_cancelled` asks.
        library: The variable that names the running async library; None if nobody reads it.
    """

    backend: Any
    cancel_scope: type[Any]
    find_root_task: Any
    claim_worker_thread: Any
    thread_locals: Any
    library: ContextVar[str | None] | None

    def claim(self, loop: Any) -> AbstractContextManager[Any]:
        """Return a block in which this thread is a worker of an event loop."""
        claimed: AbstractContextManager[Any] = self.claim_worker_thread(self.backend, loop)
        return claimed


@cache
def find_names() -> Names | None:
    """Return the names, which are tried in the running event loop.

    Returns:
        None if this version of AnyIO lacks one of them, or does something else with it. A warning
        says so, once.
    """
    of_backend = (
        "AsyncIOBackend",
        "CancelScope._effectively_cancelled",
        "find_root_task",
    )
    known = (
        has_names(BACKEND, of_backend, _SLOWER)
        and has_names(EVENT_LOOP, ("claim_worker_thread", "threadlocals"), _SLOWER)
        and has_names(LOW_LEVEL, ("_run_vars",), _SLOWER)
    )
    if not known:
        return None
    backend, event_loop = import_module(BACKEND), import_module(EVENT_LOOP)
    names = Names(
        backend.AsyncIOBackend,
        backend.CancelScope,
        backend.find_root_task,
        event_loop.claim_worker_thread,
        event_loop.threadlocals,
        getattr(sys.modules.get("sniffio"), "current_async_library_cvar", None),
    )
    return names if _are_usable(names) else None


def _are_usable(names: Names) -> bool:
    tests: tuple[tuple[str, str, Callable[[Names], None]], ...] = (
        (BACKEND, "find_root_task", _try_root_task),
        (EVENT_LOOP, "claim_worker_thread", _try_claim),
        (LOW_LEVEL, "_run_vars", _try_limiter),
    )
    for module, name, test in tests:
        try:
            test(names)
        except Exception:  # noqa: BLE001 - nobody knows what another version does
            warn_of_change(module, name, _SLOWER)
            return False
    return True


def _try_root_task(names: Names) -> None:
    names.find_root_task().remove_done_callback(_try_root_task)


def _try_claim(names: Names) -> None:
    """Ask in a claimed thread what `anyio.from_thread` sees, and leave the thread as it was.

    The thread is that of the event loop, which may be a worker of another one.
    """
    of_thread = vars(names.thread_locals)
    before = dict(of_thread)
    try:
        with names.claim(get_running_loop()):
            names.thread_locals.current_cancel_scope = names.cancel_scope(shield=True)
            from_thread.check_cancelled()
    finally:
        of_thread.clear()
        of_thread.update(before)


def _try_limiter(names: Names) -> None:
    if find_limiter(get_running_loop()) is None:
        raise LookupError("the default limiter is kept elsewhere")


def find_limiter(loop: Any) -> tuple[dict[Any, Any], Any] | None:
    """Return where AnyIO keeps the default limiter of the running event loop.

    A program may put another limiter there, so it is read for each call.

    Returns:
        A dict and its key; None if this version of AnyIO keeps it elsewhere.
    """
    limiter = current_default_thread_limiter()
    try:
        values: dict[Any, Any] = anyio.lowlevel._run_vars[loop]
        return next(((values, key) for key, value in values.items() if value is limiter), None)
    except (AttributeError, LookupError, TypeError):
        return None
