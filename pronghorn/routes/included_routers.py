"""What a router can do beside declaring: be copied, and be asked about its routes.

Libraries take one router apart for several versions, or several hosts, and copy it for that.

Routes of an included router are found directly, without asking the router. A subclass that
overrides `matches` or `handle` wants to be asked: its routes ask it first. None of the libraries
in `tests/ecosystem` needs that; FastAPI's own tests of `APIRouter` do.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import Any, Self

from starlette.routing import BaseRoute, Match, Router
from starlette.types import Receive, Scope, Send

from pronghorn.compile.dispatch import CompiledRouter
from pronghorn.core.monkeypatches import is_overridden
from pronghorn.declare.option_inheritance import combine_options, limits_of
from pronghorn.routes.inclusion import Inclusion, included_route
from pronghorn.routes.lifespan import HandlerLifespan

#: Where the ASGI scope holds the method of the route behind the router that is being asked.
BEHIND = "pronghorn.behind"
#: Where a route keeps the routers that are asked before it, outermost first.
ASKED_BEFORE = "_asked_before"
#: Lists and dicts that a copy may change without changing the original.
OWN = ("tags", "dependencies", "callbacks", "responses", "form_limits", "on_startup", "on_shutdown")


class Includable(Router):
    """A router that can be copied, and may be asked before one of its routes is."""

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

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how well the route behind this router fits a request.

        Called for each route of an included router whose class overrides this or `handle`.
        Outside of an inclusion a router is not a route and never matches.
        """
        behind = scope.get(BEHIND)
        found: tuple[Match, Scope] = (Match.NONE, {}) if behind is None else behind(scope)
        return found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route behind this router answer; outside of an inclusion, the router itself."""
        behind = scope.pop(BEHIND, None)
        await (behind or self.app)(scope, receive, send)


def shown_inside(outer: Any, inclusion: Inclusion, route: BaseRoute) -> BaseRoute:
    """Return a route of an included router as the outer router shows it.

    It is made again after a change of the route.
    """
    # Starlette's routes count no changes; what counts for an inclusion is their path.
    revision = getattr(route, "revision", None) or getattr(route, "path", None)
    known = inclusion.known.get(id(route))
    if known is not None and known[0] == revision and known[1] is route:
        return known[2]
    options = combine_options(outer.inherited(), inclusion.options)
    options = combine_options(options, limits_of(inclusion.router))
    inside = included_route(route, options, outer.dependency_overrides_provider)
    inside = put_behind(inclusion.router, inside)
    # The original is kept too, so that its id cannot be used again.
    inclusion.known[id(route)] = (revision, route, inside)
    return inside


def put_behind(router: Router, route: BaseRoute) -> BaseRoute:
    """Return a route of an included router that asks first the routers that want to be asked."""
    asked: tuple[Includable, ...] = getattr(route, ASKED_BEFORE, ())
    if isinstance(router, Includable) and wants_to_be_asked(type(router)):
        asked = (router, *asked)
    if not asked:
        return route
    clone: Any = copy.copy(route)
    matches, handle = partial(type(clone).matches, clone), partial(type(clone).handle, clone)
    for one in reversed(asked):
        matches, handle = partial(_matches, one, matches), partial(_handle, one, handle)
    # Attributes of this object hide the methods of its class; see `compile.router.Entry`.
    vars(clone).update({ASKED_BEFORE: asked, "matches": matches, "handle": handle})
    inside: BaseRoute = clone
    return inside


def wants_to_be_asked(kind: type[Includable]) -> bool:
    """Return whether a router class overrides what decides about requests."""
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
