"""Cancel scopes of code that stops in the middle while other code of the same task goes on.

AnyIO keeps the innermost scope of each task and lets a task leave only that one. When an
application stops at a `send` it may have scopes open. They are taken off the task until it goes
on, so that what runs meanwhile can open and leave scopes of its own, in any order.

AnyIO has no public way to do so. `can_set_aside` is False where its inner parts are not what is
needed here.
"""

from __future__ import annotations

from asyncio import Task
from typing import Any

_NEEDED = {"_tasks", "_parent_scope", "_child_scopes", "_host_task", "_cancel_called", "_shield"}
_NEEDED |= {"_cancel_handle", "_deliver_cancellation"}
can_set_aside = False
_states: Any = None
_State: Any = None

try:
    from anyio._backends import _asyncio as _backend

    _states, _State = _backend._task_states, _backend.TaskState
    can_set_aside = all(hasattr(_backend.CancelScope(), name) for name in _NEEDED)
except (ImportError, AttributeError):  # another release of AnyIO
    can_set_aside = False

#: What was put on last in each task in which anything is.
_put_on: dict[Task[Any] | None, ScopesAside] = {}


class ScopesAside:
    """The scopes that one piece of code has open, outermost to innermost; at first none."""

    __slots__ = ("_around", "_below", "_innermost", "_outermost", "_top")

    def __init__(self) -> None:
        self._around: Any = None
        self._innermost: Any = None
        self._outermost: Any = None
        #: Of the same task: what was put on before, and what was put on last inside of this.
        self._below: ScopesAside | None = None
        self._top: ScopesAside = self

    def put_on(self, task: Task[Any] | None) -> None:
        """Open the scopes in `task`, inside of those that it has; also in another task."""
        state = _states.get(task)
        around = None if state is None else state.cancel_scope
        self._enlist(task, around)
        innermost = self._innermost
        if innermost is None:
            return
        for scope in self._chain():
            scope._host_task = task
        if around is not None:
            self._outermost._parent_scope = around
            around._child_scopes.add(self._outermost)
            around._tasks.discard(task)
        innermost._tasks.add(task)
        if state is None:
            _states[task] = _State(None, innermost)
        else:
            state.cancel_scope = innermost
        self._deliver()

    def take_off(self, task: Task[Any] | None) -> None:
        """Set aside what is open in `task` and was not when the scopes were put on."""
        self._top = _put_on[task]
        if self._below is None:
            del _put_on[task]
        else:
            _put_on[task] = self._below
        state = _states.get(task)
        innermost: Any = None if state is None else state.cancel_scope
        around = self._around
        if innermost is around:
            self._innermost = self._outermost = None
            return
        outermost = self._innermost = innermost
        while outermost._parent_scope is not around:
            outermost = outermost._parent_scope
        self._outermost = outermost
        innermost._tasks.discard(task)
        if around is not None:
            around._tasks.add(task)
            around._child_scopes.discard(outermost)
        outermost._parent_scope = None
        state.cancel_scope = around

    def _enlist(self, task: Task[Any] | None, around: Any) -> None:
        """Be the last one in the task, together with what is inside; that moves along."""
        before, self._around = self._around, around
        self._below = _put_on.get(task)
        inside = _put_on[task] = self._top
        while inside is not self:
            if inside._around is before:
                inside._around = around
            inside = inside._below or self

    def cancelled(self) -> bool:
        """Whether one of the scopes was cancelled, whatever happens around them."""
        return any(scope._cancel_called for scope in self._chain())

    def _chain(self) -> list[Any]:
        scopes = []
        scope = self._innermost
        while scope is not None and scope is not self._around:
            scopes.append(scope)
            scope = scope._parent_scope
        return scopes

    def _deliver(self) -> None:
        """Go on with a cancellation that found no task while the scopes were set aside."""
        scope = self._innermost
        while scope is not None:
            if scope._cancel_called:
                if scope._cancel_handle is None:
                    scope._deliver_cancellation(scope)
                return
            if scope._shield:
                return
            scope = scope._parent_scope
