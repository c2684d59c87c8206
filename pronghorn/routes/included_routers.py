"""Router classes that decide themselves about the requests for their routes.

Routes of an included router are found directly, without asking the router. A subclass that
overrides `matches` or `handle` wants to be asked: its routes are put behind it.
"""

from __future__ import annotations

import copy
from typing import Any

from starlette.routing import BaseRoute, Match, Router
from starlette.types import Receive, Scope, Send

from pronghorn.core.monkeypatches import is_overridden
from pronghorn.declare.option_inheritance import combine_options, limits_of
from pronghorn.routes.inclusion import Inclusion, included_route
from pronghorn.routes.router_copy import CopiedRouter

#: Where the ASGI scope holds the method of the route behind the router that is being asked.
BEHIND = "pronghorn.behind"


class Includable(CopiedRouter):
    """A router that may be asked before one of its routes is."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """How well the route behind this router fits a request.

        Called for each route of an included router whose class overrides this or `handle`.
        Outside of an inclusion a router is no route and never matches.
        """
        behind = scope.get(BEHIND)
        found: tuple[Match, Scope] = (Match.NONE, {}) if behind is None else behind(scope)
        return found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route behind this router answer; outside of an inclusion, the router itself."""
        behind = scope.pop(BEHIND, None)
        await (behind or self.app)(scope, receive, send)


def shown_inside(outer: Any, inclusion: Inclusion, route: BaseRoute) -> BaseRoute:
    """A route of an included router as the outer router shows it, made again after a change."""
    # Starlette's routes count no changes; what counts for an inclusion is their path.
    revision = getattr(route, "revision", None) or getattr(route, "path", None)
    known = inclusion.known.get(id(route))
    if known is not None and known[0] == revision and known[1] is route:
        return known[2]
    options = combine_options(outer.inherited(), inclusion.options)
    options = combine_options(options, limits_of(inclusion.router))
    inside = included_route(route, options, outer.dependency_overrides_provider)
    inside = behind(inclusion.router, inside)
    # The original is kept too, so that its id cannot be used again.
    inclusion.known[id(route)] = (revision, route, inside)
    return inside


def behind(router: Router, route: BaseRoute) -> BaseRoute:
    """A route of an included router, behind it if the router's class wants to be asked."""
    if not isinstance(router, Includable):
        return route
    kind = type(router)
    if not is_overridden(kind, Includable, "matches", "handle"):
        return route
    clone = copy.copy(route)
    object.__setattr__(clone, "__class__", _class_behind(router, type(route)))
    return clone


def _class_behind(router: Includable, kind: type[Any]) -> type[Any]:
    def matches(self: Any, scope: Scope) -> tuple[Match, Scope]:
        return router.matches({**scope, BEHIND: lambda seen: kind.matches(self, seen)})

    async def handle(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        async def go_on(scope: Scope, receive: Receive, send: Send) -> None:
            await kind.handle(self, scope, receive, send)

        scope[BEHIND] = go_on
        await router.handle(scope, receive, send)

    methods = {"matches": matches, "handle": handle, "__module__": kind.__module__}
    return type(kind.__name__, (kind,), methods)
