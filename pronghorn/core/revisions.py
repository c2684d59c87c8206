"""A global number that grows with every change of a declaration.

Compiled routers compare it at every request and look closer only if it has changed. So a
declaration does not need to know its dependents: a router does not know where it is included.

Libraries change declarations by changing lists and assigning attributes, and FastAPI handles the
next request accordingly. Plans and compiled handlers must be dropped then, so the changes are
intercepted: `NotedList` intercepts those of lists, `routes.base.Declared` and
`dependencies.models.Dependant` those of attributes. Libraries of `tests/ecosystem` need it:

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
from threading import RLock
from typing import Any, Self

_numbers = count(1)
#: Held while declarations and what is planned of them are replaced, in any thread. It is reentrant,
#: because the garbage collector may run code of the program at any point. Nothing slow is inside.
CHANGING = RLock()


class Revision:
    """The revision numbers as attributes, for code that reads them at every request.

    Attributes:
        latest: The number of the last change.
        compiled_since: The number of the last change that invalidated everything compiled before.
    """

    __slots__ = ("compiled_since", "latest")

    def __init__(self) -> None:
        self.latest = 0
        self.compiled_since = 0


REVISION = Revision()


def current_revision() -> int:
    """Return the number of the last change."""
    return REVISION.latest


def bump_revision() -> int:
    """Record a change of a declaration and return its number."""
    with CHANGING:  # So that the latest number never goes back.
        number = REVISION.latest = next(_numbers)
    return number


def forget_compiled() -> None:
    """Invalidate everything that has been compiled so far."""
    with CHANGING:
        number = next(_numbers)
        # In this order: a router that sees the latest number must already know what is invalid.
        REVISION.compiled_since = number
        REVISION.latest = number


def oldest_valid_revision() -> int:
    """Return the number of the last change that invalidated everything compiled before."""
    return REVISION.compiled_since


class NotedList(list[Any]):
    """A list that calls its method `note_change` after each change."""

    def note_change(self) -> None:
        """Handle a change of the list; does nothing by default."""


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
    """The routes of a router and of all included routers.

    Appended routes are added to the router too. After any other change, the routes in the list
    replace those of the router.

    Args:
        routes: The routes.
        owner: The router, with `_append_route(route)` and `_replace_routes(routes)`.
    """

    def __init__(self, routes: list[Any], owner: Any) -> None:
        super().__init__(routes)
        self._owner = owner

    def note_change(self) -> None:
        """Replace the routes of the router with those in the list."""
        self._owner._replace_routes(list(self))

    def append(self, route: Any) -> None:
        """Append a route to the list and to the router."""
        list.append(self, route)
        self._owner._append_route(route)

    def extend(self, routes: Any) -> None:
        """Append several routes to the list and to the router."""
        for route in list(routes):
            self.append(route)

    def __iadd__(self, routes: Any) -> Self:  # type: ignore[misc]  # as list does
        self.extend(routes)
        return self
