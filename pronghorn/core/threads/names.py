"""The private names of AnyIO without which no thread of ours could stand for one of its own."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import anyio.lowlevel
from anyio.to_thread import current_default_thread_limiter

from pronghorn.core.private_names import has_names

BACKEND = "anyio._backends._asyncio"
EVENT_LOOP = "anyio._core._eventloop"
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
    """Return the names; None if this version of AnyIO lacks one, which is logged once."""
    of_backend = (
        "AsyncIOBackend",
        "CancelScope._effectively_cancelled",
        "find_root_task",
    )
    known = (
        has_names(BACKEND, of_backend, _SLOWER)
        and has_names(EVENT_LOOP, ("claim_worker_thread", "threadlocals"), _SLOWER)
        and has_names("anyio.lowlevel", ("_run_vars",), _SLOWER)
    )
    if not known:
        return None
    backend, event_loop = import_module(BACKEND), import_module(EVENT_LOOP)
    return Names(
        backend.AsyncIOBackend,
        backend.CancelScope,
        backend.find_root_task,
        event_loop.claim_worker_thread,
        event_loop.threadlocals,
        getattr(sys.modules.get("sniffio"), "current_async_library_cvar", None),
    )


def find_limiter(loop: Any) -> tuple[dict[Any, Any], Any]:
    """Return where AnyIO keeps the default limiter of the running event loop: a dict and its key.

    A program may put another limiter there, so it is read for each call.
    """
    limiter = current_default_thread_limiter()
    values: dict[Any, Any] = anyio.lowlevel._run_vars[loop]
    return values, next(key for key, value in values.items() if value is limiter)
