"""Routes with their attributes after all inclusions, for libraries that walk the routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from starlette.routing import BaseRoute, Match, Route, WebSocketRoute
from starlette.types import Scope

from pronghorn.routes.base import Declared
from pronghorn.routes.inclusion import Inclusion

__all__ = [
    "RouteContext",
    "_EffectiveRouteContext",
    "_IncludedRouter",
    "_iter_included_route_candidates",
    "_iter_routes_with_context",
    "_restore_fastapi_scope_key",
    "iter_route_contexts",
]


class RouteContext:
    """One route at one place: the declared object, and the attributes that it has there.

    Attributes are those of the route after all its inclusions: `path` has every prefix, `tags` and
    `dependencies` have those of the routers around it, and so on. `path`, `path_format`, `methods`
    and `endpoint` are `None` for routes without one, such as mounts and hosts.

    Attributes:
        original_route: The route object as it was added to its own router.
        route: FastAPI's other name for `original_route`.
    """

    __slots__ = ("_inside", "original_route")

    def __init__(self, route: BaseRoute, _route_context: RouteContext | None = None) -> None:
        self._inside: BaseRoute = route if _route_context is None else _route_context._inside
        self.original_route: BaseRoute = (
            getattr(self._inside, "_original_route", None) or self._inside
        )

    @property
    def route(self) -> BaseRoute:
        """The route object as it was added to its own router."""
        return self.original_route

    @property
    def path(self) -> str | None:
        """The full path, with convertors: `/api/items/{item_id:int}`."""
        return getattr(self._inside, "path", None)

    @property
    def path_format(self) -> str | None:
        """The full path without convertors: `/api/items/{item_id}`."""
        return getattr(self._inside, "path_format", None)

    @property
    def name(self) -> str | None:
        """The name for `url_path_for`."""
        return getattr(self._inside, "name", None)

    @property
    def methods(self) -> set[str] | None:
        """The HTTP methods of the route."""
        return getattr(self._inside, "methods", None)

    @property
    def endpoint(self) -> Any:
        """The function that handles requests."""
        return getattr(self._inside, "endpoint", None)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how well the route matches a request at this place.

        For an included route only the path and the methods count, and a `matches` of the program's
        own is not called. Instrumentation calls this before the middleware has run, and such a
        method may rely on that middleware.
        """
        inside = self._inside
        if self.original_route is not inside:
            if isinstance(inside, Declared) and inside._is_beyond(scope):
                return Match.NONE, {}
            if isinstance(inside, Route):
                return Route.matches(inside, scope)
            if isinstance(inside, WebSocketRoute):
                return WebSocketRoute.matches(inside, scope)
        return inside.matches(scope)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inside, name)

    def __repr__(self) -> str:
        return f"RouteContext({self._inside!r})"


def iter_route_contexts(routes: Iterable[BaseRoute | RouteContext]) -> Iterator[RouteContext]:
    """Yield each route with the attributes that it has where it is included.

    Args:
        routes: `app.routes` or `router.routes`. Contexts among them are yielded unchanged, so that
            a filtered list can be walked again. `get_openapi` takes contexts too.
    """
    for route in routes:
        yield route if isinstance(route, RouteContext) else RouteContext(route)


# --- names that libraries import although they were never public ------------------------------


class _EffectiveRouteContext(RouteContext):
    """A context that libraries create from a declared route."""

    __slots__ = ()
    #: In FastAPI, the copy of a route of Starlette. Here the context itself has that copy.
    starlette_route: BaseRoute | None = None

    def __init__(self, original_route: BaseRoute) -> None:
        super().__init__(original_route)


#: In FastAPI, a node among the routes. Here `routes` is a flat list that contains no such node.
_IncludedRouter = Inclusion


def _iter_routes_with_context(routes: Iterable[BaseRoute]) -> Iterator[tuple[BaseRoute, None]]:
    """Yield each route with None: a route here has the attributes of its inclusions already."""
    for route in routes:
        yield route, None


def _iter_included_route_candidates(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Yield each route, with the attributes that it has where it is included."""
    yield from routes


def _restore_fastapi_scope_key(scope: Scope, key: str, previous: Any) -> None:
    """Restore the previous value of a key in `scope["fastapi"]`; `None` removes the key."""
    values = scope.get("fastapi")
    if not isinstance(values, dict):
        return
    if previous is None:
        values.pop(key, None)
    else:
        values[key] = previous
