"""Open a cancel scope only where another one surrounds the running code; find its guard.

A shield protects from the scopes around it. In a task without any scope, such as that of a request
on a server, nothing is there to protect from.
"""

from __future__ import annotations

from asyncio import Task, current_task
from collections.abc import Mapping
from functools import cache
from typing import Any

import anyio

from pronghorn.core.private_names import optional, warn_of_change

#: The guards of tasks (`guarded_tasks`): none in a program without `timeout` and `on_disconnect`.
GUARDS: dict[Task[Any], Any] = {}
_ASYNCIO_OF_ANYIO = "anyio._backends._asyncio"
_WITHOUT_STATES = (
    "Calls of `def` functions are slower, and a dependency with `yield` opens a cancel scope."
)


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
    states = read_states() if task is not None else None
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
    return class_of_asyncio()()


@cache
def class_of_asyncio() -> type[anyio.CancelScope]:
    """Return the class of the scopes on asyncio; the first caller runs in a task of asyncio."""
    return type(anyio.CancelScope())


@cache
def read_states() -> Mapping[Any, Any] | None:
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


def find_guard() -> Any:
    """Return the guard of the running task; None if it has none."""
    try:
        task = current_task()
    except RuntimeError:  # Trio
        return None
    return None if task is None else GUARDS.get(task)


def end_endpoint() -> None:
    """Note that the endpoint of the running task has returned, or that it cannot be stopped.

    Raises:
        CancelledError: The request was answered in its place.
    """
    guard = find_guard()
    if guard is not None:
        guard.ignore_departure()
