"""Copy context variables that one task sets to another task.

A task runs in a copy of the context of the task that starts it, so its changes are lost outside.
`CopiedVariables` copies them out, whenever the starting task asks.
"""

from __future__ import annotations

from contextvars import Context, ContextVar, Token
from typing import Any

_UNSET = object()


class CopiedVariables:
    """The variables of a context, copied to the context of the caller.

    Args:
        context: The context of the other task; it has just been copied from the caller's.
    """

    __slots__ = ("_context", "_copies", "_seen")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen = context.copy()
        #: The variables that were copied and had no value outside before.
        self._copies: dict[ContextVar[Any], tuple[Token[Any], Any]] = {}

    def copy_out(self) -> None:
        """Set what was set since the last call in the caller's context, and reset what was reset.

        Setting overrides a value that the caller has set meanwhile; resetting does not.
        """
        inside, seen = self._context, self._seen
        for variable, value in inside.items():
            if seen.get(variable, _UNSET) is not value:
                self._set(variable, value)
        if self._copies:
            self._take_back()
        self._seen = inside.copy()

    def _set(self, variable: ContextVar[Any], value: Any) -> None:
        token = variable.set(value)
        if variable in self._copies:
            token = self._copies[variable][0]
        elif token.old_value is not Token.MISSING:
            return
        self._copies[variable] = (token, value)

    def _take_back(self) -> None:
        for variable in [variable for variable in self._copies if variable not in self._context]:
            token, value = self._copies.pop(variable)
            if variable.get(_UNSET) is not value:
                continue
            try:
                variable.reset(token)
            except ValueError:  # The context is a copy: `call_next` runs in a task of its own.
                continue
