"""Lists that report their changes.

Libraries change what was declared, in the lists and by assigning attributes, and FastAPI answers
the next request accordingly. What was planned and compiled here has to be dropped then, so the
changes are intercepted: those of lists here, those of attributes by `routes.base.Declared` and
`dependencies.models.Dependant`. Programs in `tests/ecosystem` that need it:

- titiler inserts into `route.dependant.dependencies`, fastapi-pagination appends to it, and
  fastapi-jsonrpc extends it and the lists of parameters beside it;
- wireup and Sentry assign `route.dependant.call`;
- fastapi-utils and Cadwyn assign `route.path`, `endpoint`, `dependencies` and `body_field`;
- fastapi-utils removes members of `router.routes`; NiceGUI and Cadwyn assign slices of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Self


class NotedList(list[Any]):
    """A list that calls its own `note_change` after each change."""

    def note_change(self) -> None:
        """Do what a change asks for; by default nothing."""


def _noting(name: str) -> Callable[..., Any]:
    original = getattr(list, name)

    @wraps(original)
    def method(self: NotedList, *args: Any, **keywords: Any) -> Any:
        result = original(self, *args, **keywords)
        self.note_change()
        return result

    return method


for _name in ("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"):
    setattr(NotedList, _name, _noting(_name))
for _name in ("__setitem__", "__delitem__", "__iadd__", "__imul__"):
    setattr(NotedList, _name, _noting(_name))


class RouteList(NotedList):
    """The routes of a router with those of all included routers.

    Appending is passed on to the router; any other change first makes the shown routes the
    router's own.

    Args:
        routes: The routes to show.
        owner: Has `append_route(route)` and `replace_routes(routes)`.
    """

    def __init__(self, routes: list[Any], owner: Any) -> None:
        super().__init__(routes)
        self._owner = owner

    def note_change(self) -> None:
        """Make the routes that are shown now the router's own."""
        self._owner.replace_routes(list(self))

    def append(self, route: Any) -> None:
        """Add a route at the end, here and in the router."""
        list.append(self, route)
        self._owner.append_route(route)

    def extend(self, routes: Any) -> None:
        """Add several routes at the end."""
        for route in list(routes):
            self.append(route)

    def __iadd__(self, routes: Any) -> Self:  # type: ignore[misc]  # as list does
        self.extend(routes)
        return self
