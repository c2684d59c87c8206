"""One number that grows whenever any declaration changes.

Compiled routers compare it at every request and look closer only when it has changed, so a
declaration need not know who depends on it: a router does not know where it is included.

Libraries change what was declared, in the lists and by assigning attributes, and FastAPI answers
the next request accordingly. What was planned and compiled here has to be dropped then, so the
changes are intercepted: those of lists by `NotedList`, those of attributes by
`routes.base.Declared` and `dependencies.models.Dependant`. Libraries of `tests/ecosystem` need it:

- titiler inserts into `route.dependant.dependencies`, fastapi-pagination appends to it, and
  fastapi-jsonrpc extends it and the lists of parameters beside it;
- wireup and Sentry assign `route.dependant.call`;
- fastapi-utils and Cadwyn assign `route.path`, `endpoint`, `dependencies` and `body_field`;
- fastapi-utils removes members of `router.routes`; NiceGUI and Cadwyn assign slices of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import count
from typing import Any, Self

_numbers = count(1)


class Revision:
    """The numbers as attributes, for whoever reads them at every request.

    - `latest`: of the last change.
    - `compiled_since`: of the last change that made everything compiled invalid.
    """

    __slots__ = ("compiled_since", "latest")

    def __init__(self) -> None:
        self.latest = 0
        self.compiled_since = 0


REVISION = Revision()


def current_revision() -> int:
    """The number of the last change."""
    return REVISION.latest


def bump_revision() -> int:
    """Note a change of a declaration; return the number of the change."""
    REVISION.latest = next(_numbers)
    return REVISION.latest


def forget_compiled() -> None:
    """Note that nothing is valid any more that has been compiled so far."""
    REVISION.compiled_since = bump_revision()


def oldest_valid_revision() -> int:
    """The number of the last change that made everything compiled invalid."""
    return REVISION.compiled_since


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
