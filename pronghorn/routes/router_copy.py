"""Copies of routers: libraries take one router apart for several versions, or several hosts."""

from __future__ import annotations

import copy
from typing import Any, Self

from starlette.routing import Router

from pronghorn.compile.dispatch import CompiledRouter
from pronghorn.routes.inclusion import Inclusion
from pronghorn.routes.lifespan import HandlerLifespan

#: Lists and dicts that a copy may change without changing the original.
OWN = ("tags", "dependencies", "callbacks", "responses", "form_limits", "on_startup", "on_shutdown")


class CopiedRouter(Router):
    """A router of which `copy.copy` and `copy.deepcopy` make another working one."""

    _entries: list[Any]

    def __copy__(self) -> Self:
        """Another router with the same routes and inclusions, in a list of its own."""
        clone = type(self).__new__(type(self))
        clone.__dict__.update(self.__dict__)
        for name in (*OWN, "_entries", "_low_priority_routes"):
            clone.__dict__[name] = copy.copy(self.__dict__[name])
        clone._entries = [
            Inclusion(entry.router, entry.options) if isinstance(entry, Inclusion) else entry
            for entry in self._entries
        ]
        clone.__dict__.update(
            _shown=None,
            _shown_revision=-1,
            _compiled=CompiledRouter(clone),  # type: ignore[arg-type]  # the class below has what it asks for
        )
        if self.middleware_stack == self.app:
            clone.middleware_stack = clone.app
        if isinstance(self.lifespan_context, HandlerLifespan):
            clone.lifespan_context = HandlerLifespan(clone)
        return clone

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The same with copies of the routes, and of the routers inside."""
        clone = memo[id(self)] = copy.copy(self)
        clone._entries = [_deep(entry, memo) for entry in self._entries]
        return clone


def _deep(entry: Any, memo: dict[int, Any]) -> Any:
    if isinstance(entry, Inclusion):
        return Inclusion(copy.deepcopy(entry.router, memo), dict(entry.options))
    return copy.deepcopy(entry, memo)
