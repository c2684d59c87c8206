"""The cancel scope around everything that a new task does.

A scope of AnyIO asks when it is entered and when it is left: for the running task, for the scopes
around it, for deadlines and cancellations. At the beginning of a new task most answers are known,
and at its end if nothing has happened meanwhile. Whatever is not usual is left to AnyIO's methods.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, current_task
from collections.abc import Iterator
from functools import cache
from typing import Any

from anyio import CancelScope

from pronghorn.core.cancel_scopes import class_of_asyncio, read_states
from pronghorn.core.private_names import has_names, optional, warn_of_change

_ASYNCIO = "anyio._backends._asyncio"
_SLOWER = "The cancel scope inside of a middleware is opened in the way of AnyIO, which is slower."
#: The attributes that are set or read here. `_cancel_called` has to stay False.
_USED = frozenset(["_active", "_cancel_called", "_host_task", "_tasks", "_timeout_handle"])
#: The other attributes of a scope in the versions that were read. AnyIO's constructor gives them
#: the values that they have in a scope that nothing surrounds.
_LEFT = frozenset(
    [
        *("_cancel_handle", "_cancel_reason", "_cancelled_caught", "_cancelling_at_enter"),
        *("_child_scopes", "_deadline", "_parent_scope", "_pending_uncancellations", "_shield"),
    ]
)


def new_child_scope(loop: AbstractEventLoop) -> CancelScope:
    """Return a scope for the whole code of a task that is about to be made.

    Args:
        loop: The running event loop.
    """
    make = _quick_class()
    if make is None:
        return class_of_asyncio()()
    scope: Any = make()
    scope.loop = loop
    return scope  # type: ignore[no-any-return]  # a class that is made below


@cache
def _quick_class() -> Any:
    """Return the class of such scopes; None if this version of AnyIO is not known.

    The first caller runs in a task of asyncio.
    """
    states = read_states()
    names = [f"CancelScope.{name}" for name in sorted(_USED)]
    if states is None or not has_names(_ASYNCIO, names, _SLOWER):
        return None
    new_state = optional(_ASYNCIO, "TaskState", _SLOWER)
    if new_state is None:
        return None
    if not (_USED | _LEFT).issuperset(_attributes_of(class_of_asyncio()())):
        warn_of_change(_ASYNCIO, "CancelScope", _SLOWER)
        return None
    return _make_class(class_of_asyncio(), states, new_state)


def _attributes_of(scope: CancelScope) -> Iterator[str]:
    for kind in type(scope).__mro__:
        slots = vars(kind).get("__slots__", ())
        yield from {slots} if isinstance(slots, str) else {*slots} - {"__weakref__"}
    yield from getattr(scope, "__dict__", ())


def _make_class(base: Any, states: Any, new_state: Any) -> Any:
    """Return a subclass of AnyIO's scope, with its table of tasks and the entries of that."""

    class ChildScope(base):  # type: ignore[misc]  # AnyIO chooses it when a program runs
        """The outermost scope of a task."""

        __slots__ = ("_state", "loop")
        loop: AbstractEventLoop
        _state: Any

        def __enter__(self: Any) -> Any:
            self._state = None
            if self._cancel_called:
                return super().__enter__()
            task, state = current_task(self.loop), new_state(None, self)
            if states.setdefault(task, state) is not state:
                return super().__enter__()
            self._state = state
            self._host_task = task
            self._tasks.add(task)
            self._active = True
            return self

        def __exit__(self: Any, kind: object, error: object, traceback: object) -> Any:
            state = self._state
            if (
                state is None
                or kind is not None
                or self._cancel_called
                or state.cancel_scope is not self
                or self._timeout_handle is not None
            ):
                return super().__exit__(kind, error, traceback)
            self._active = False
            self._tasks.clear()
            self._host_task = state.cancel_scope = None
            return False

    return ChildScope
