"""One number that grows whenever any declaration changes.

Compiled routers compare it at every request and look closer only when it has changed, so a
declaration need not know who depends on it: a router does not know where it is included.
"""

from __future__ import annotations

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


def bump() -> int:
    """Note a change; return its number."""
    REVISION.latest = next(_numbers)
    return REVISION.latest


def forget_compiled() -> None:
    """Note that nothing is valid any more that has been compiled so far."""
    REVISION.compiled_since = bump()


def compiled_since() -> int:
    """The number of the last change that made everything compiled invalid."""
    return REVISION.compiled_since


class RouteList(list[Any]):
    """A list of routes that notes its changes.

    It shows the routes of a router with those of all included routers. Appending is passed on to
    the router; any other change first makes the shown routes the router's own.

    - `owner`: has `append_route(route)` and `replace_routes(routes)`.
    """

    def __init__(self, routes: list[Any], owner: Any) -> None:
        super().__init__(routes)
        self._owner = owner

    def append(self, route: Any) -> None:
        super().append(route)
        self._owner.append_route(route)

    def extend(self, routes: Any) -> None:
        for route in list(routes):
            self.append(route)

    def __iadd__(self, routes: Any) -> Self:  # type: ignore[misc]  # as list does
        self.extend(routes)
        return self

    def _replaced(self) -> None:
        self._owner.replace_routes(list(self))

    def insert(self, index: Any, route: Any) -> None:
        super().insert(index, route)
        self._replaced()

    def remove(self, route: Any) -> None:
        super().remove(route)
        self._replaced()

    def pop(self, index: Any = -1) -> Any:
        route = super().pop(index)
        self._replaced()
        return route

    def clear(self) -> None:
        super().clear()
        self._replaced()

    def sort(self, **options: Any) -> None:
        super().sort(**options)
        self._replaced()

    def reverse(self) -> None:
        super().reverse()
        self._replaced()

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(index, value)
        self._replaced()

    def __delitem__(self, index: Any) -> None:
        super().__delitem__(index)
        self._replaced()
