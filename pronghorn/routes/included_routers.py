"""Copy routers, and call routers that decide about requests for their routes.

Libraries split one router by versions or by hosts, and copy it for that.

An outer router finds the routes of an included router directly, and does not call that router. If
its class overrides `matches` or `handle`, each of its routes calls the router first. None of the
libraries in `tests/ecosystem` needs that; FastAPI's own tests of `APIRouter` do.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import Any, Self

from starlette.routing import BaseRoute, Match, Router
from starlette.types import Receive, Scope, Send

from pronghorn.compile.dispatch import CompiledRouter
from pronghorn.core.monkeypatches import is_overridden
from pronghorn.core.revisions import CHANGING
from pronghorn.declare.option_inheritance import combine_options, limits_of
from pronghorn.routes.inclusion import Inclusion, include_route
from pronghorn.routes.lifespan import HandlerLifespan

#: Key of the ASGI scope for the method of the route, while the router before it is called.
BEHIND = "pronghorn.behind"
#: Attribute of a route with the routers that are called before it, outermost first.
ASKED_BEFORE = "_asked_before"
#: Lists and dicts that a copy may change without changing the original.
OWN = ("tags", "dependencies", "callbacks", "responses", "form_limits", "on_startup", "on_shutdown")


class Includable(Router):
    """A router that can be copied, and that can be called before one of its routes."""

    _entries: list[Any]

    def __copy__(self) -> Self:
        """Return another router with the same routes and inclusions, in its own list."""
        clone = type(self).__new__(type(self))
        clone.__dict__.update(self.__dict__)
        for name in (*OWN, "_entries", "_low_priority_routes"):
            clone.__dict__[name] = copy.copy(self.__dict__[name])
        clone._entries = [
            Inclusion(entry.router, entry.options) if isinstance(entry, Inclusion) else entry
            for entry in self._entries
        ]
        clone.__dict__.update(
            _shown=(-1, None),
            _compiled=CompiledRouter(clone),  # type: ignore[arg-type]  # `APIRouter` has the methods
        )
        if self.middleware_stack == self.app:
            clone.middleware_stack = clone.app
        if isinstance(self.lifespan_context, HandlerLifespan):
            clone.lifespan_context = HandlerLifespan(clone)
        return clone

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return another router with copies of the routes, and of the included routers."""
        clone = memo[id(self)] = copy.copy(self)
        clone._entries = [_deep(entry, memo) for entry in self._entries]
        return clone

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how well the route behind this router matches a request.

        This is called for each route of an included router whose class overrides this method or
        `handle`. A router that is not included is not a route, so it never matches.
        """
        behind = scope.get(BEHIND)
        found: tuple[Match, Scope] = (Match.NONE, {}) if behind is None else behind(scope)
        return found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the route behind this router, or the router itself if it is not included."""
        behind = scope.pop(BEHIND, None)
        await (behind or self.app)(scope, receive, send)


def show_inside(outer: Any, inclusion: Inclusion, route: BaseRoute) -> BaseRoute:
    """Return a route of an included router as the outer router shows it.

    The result is kept until the route changes.
    """
    # Starlette's routes have no revision. An inclusion depends on their path only.
    revision = getattr(route, "_revision", None) or getattr(route, "path", None)
    known = inclusion.known.get(id(route))
    if known is not None and known[0] == revision and known[1] is route:
        return known[2]
    options = combine_options(outer._collect_inherited(), inclusion.options)
    options = combine_options(options, limits_of(inclusion.router))
    inside = include_route(route, options, outer.dependency_overrides_provider)
    inside = put_behind(inclusion.router, inside)
    with CHANGING:
        known = inclusion.known.get(id(route))
        if known is not None and known[0] == revision and known[1] is route:
            return known[2]  # Another thread was first, and all must see one route.
        # The original is kept as well, so that no other object can get its id.
        inclusion.known[id(route)] = (revision, route, inside)
    return inside


def put_behind(router: Router, route: BaseRoute) -> BaseRoute:
    """Return a route that first calls its routers, as far as their classes decide on requests."""
    asked: tuple[Includable, ...] = getattr(route, ASKED_BEFORE, ())
    if isinstance(router, Includable) and wants_to_be_asked(type(router)):
        asked = (router, *asked)
    if not asked:
        return route
    clone: Any = copy.copy(route)
    matches, handle = partial(type(clone).matches, clone), partial(type(clone).handle, clone)
    for one in reversed(asked):
        matches, handle = partial(_matches, one, matches), partial(_handle, one, handle)
    # Attributes of this object hide the methods of its class; see `compile.route_table.Entry`.
    vars(clone).update({ASKED_BEFORE: asked, "matches": matches, "handle": handle})
    inside: BaseRoute = clone
    return inside


def wants_to_be_asked(kind: type[Includable]) -> bool:
    """Return True if a router class overrides a method that decides on requests."""
    return is_overridden(kind, Includable, "matches", "handle")


def _matches(router: Includable, behind: Any, scope: Scope) -> tuple[Match, Scope]:
    return router.matches({**scope, BEHIND: behind})


async def _handle(
    router: Includable, behind: Any, scope: Scope, receive: Receive, send: Send
) -> None:
    scope[BEHIND] = behind
    await router.handle(scope, receive, send)


def _deep(entry: Any, memo: dict[int, Any]) -> Any:
    if isinstance(entry, Inclusion):
        return Inclusion(copy.deepcopy(entry.router, memo), dict(entry.options))
    return copy.deepcopy(entry, memo)
