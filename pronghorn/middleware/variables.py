"""Context variables that one task sets and another one shall see.

A task runs in a copy of the context of whoever starts it, so what it sets is lost outside.
`CopiedVariables` brings it out, whenever the task that started it asks.
"""

from __future__ import annotations

from contextvars import Context, ContextVar, Token
from typing import Any

_UNSET = object()


class CopiedVariables:
    """The variables of a context, copied to the context of the caller.

    Args:
        context: Where the other task runs; it has just been copied from the caller's.
    """

    __slots__ = ("_context", "_copies", "_seen")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen = context.copy()
        #: What was copied and had no value outside before.
        self._copies: dict[ContextVar[Any], tuple[Token[Any], Any]] = {}

    def copy_out(self) -> None:
        """Give the caller's context what was set since the last time, and take back what was reset.

        Setting wins over whatever the caller has set meanwhile; taking back does not.
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
            except ValueError:  # copied to another context: `call_next` was called in a task
                continue
