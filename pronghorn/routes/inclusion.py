"""Include one router in another."""

from __future__ import annotations

import copy
from typing import Any

from starlette.routing import BaseRoute, Host, Mount, Route, Router, WebSocketRoute, compile_path

from pronghorn.core.setup_errors import user_error
from pronghorn.declare.option_inheritance import limits_inside, limits_of
from pronghorn.exceptions import FastAPIError, SetupAssertionError
from pronghorn.routes.frontend import FrontendRoute
from pronghorn.routes.http import APIRoute
from pronghorn.routes.websocket import APIWebSocketRoute


class Inclusion:
    """One router inside another, with its prefix and other options there."""

    def __init__(self, router: Router, options: dict[str, Any]) -> None:
        self.router = router
        self.options = options
        #: By the id of a route: its revision, the route, and the copy that the outer router shows.
        self.known: dict[int, tuple[Any, BaseRoute, BaseRoute]] = {}

    def list_shown(self) -> list[BaseRoute]:
        """Return the routes of the included router as the outer router last showed them."""
        found = (self.known.get(id(route)) for route in self.router.routes)
        return [entry[2] for entry in found if entry is not None]


def include_route(route: BaseRoute, outer: dict[str, Any], provider: Any) -> BaseRoute:
    """Return a route as an outer router shows it; see `APIRoute._copy_for_inclusion`."""
    if isinstance(route, (APIRoute, APIWebSocketRoute, FrontendRoute)):
        return route._copy_for_inclusion(outer, provider)
    prefix = outer.get("prefix", "")
    limits = limits_inside(outer, route)
    origins = None if hasattr(route, "websocket_origins") else outer.get("websocket_origins")
    is_same = limits == limits_of(route) and origins is None
    if not prefix and is_same and not is_reassigned(route):
        return route
    clone: Any = copy.copy(route)
    if origins is not None:
        clone.websocket_origins = origins
    for name, limit in limits.items():
        setattr(clone, name, limit)
    clone._original_route = getattr(route, "_original_route", None) or route
    if isinstance(route, (Route, WebSocketRoute, Mount)):
        clone.path = prefix + route.path
        found = compile_path(pattern_path(clone))
        clone.path_regex, clone.path_format, clone.param_convertors = found
    elif isinstance(route, Host) and prefix:
        clone.app = Router([Mount(prefix, app=route.app)])
    inside: BaseRoute = clone
    return inside


def pattern_path(route: Route | WebSocketRoute | Mount) -> str:
    """Return the path from which Starlette compiles the pattern of one of its routes."""
    return f"{route.path}/{{path:path}}" if isinstance(route, Mount) else route.path


def is_reassigned(route: BaseRoute) -> bool:
    """Return True if the path of one of Starlette's routes does not belong to its pattern.

    The path then applies after an inclusion, as class-based views that assign it expect.
    """
    if not isinstance(route, (Route, WebSocketRoute, Mount)):
        return False
    return compile_path(pattern_path(route))[0] != route.path_regex


def keep_entries(routes: list[BaseRoute], entries: list[Any]) -> list[Any]:
    """Return the routes and inclusions of a router that has to show exactly these routes.

    An inclusion is kept if all of its routes are there, one after the other, so that routes which
    are added to the included router later are found. All other routes become the router's own.
    """
    inclusions = [entry for entry in entries if isinstance(entry, Inclusion)]
    starts = {id(shown[0]): (entry, shown) for entry in inclusions if (shown := entry.list_shown())}
    kept: list[Any] = []
    position = 0
    while position < len(routes):
        entry, shown = starts.get(id(routes[position]), (None, []))
        following = routes[position : position + len(shown)]
        if entry is None or [id(route) for route in following] != [id(route) for route in shown]:
            kept.append(routes[position])
            position += 1
        else:
            kept.append(entry)
            position += len(shown)
    return kept + [entry for entry in inclusions if not entry.list_shown()]


def contains(router: Router, other: Router) -> bool:
    """Return True if `router` includes `other`, directly or through further routers."""
    entries = getattr(router, "_entries", ())
    inside = [entry.router for entry in entries if isinstance(entry, Inclusion)]
    return any(found is other or contains(found, other) for found in inside)


def refuse_cycle(router: Any, outer: Router) -> None:
    """Raise `SetupAssertionError` if a router would include itself, directly or through others."""
    if router is outer:
        subject = "the same APIRouter instance into itself"
    elif contains(router, outer):
        subject = "an APIRouter instance that already includes this router"
    else:
        return
    raise user_error(
        f"Cannot include {subject}. Did you mean to include a different router?",
        "one of two routers includes the other, which includes it again",
        "one router per group of routes, included in one direction",
        kind=SetupAssertionError,
    )


def refuse_empty_paths(router: Router) -> None:
    """Raise `SetupError` if a route without a path is included without a prefix."""
    for route in router.routes:
        if getattr(route, "path", None) == "":
            name = getattr(route, "name", "unknown")
            error: FastAPIError = user_error(
                f"Prefix and path cannot be both empty (path operation: {name})",
                "the router is included without a prefix, and the route has the path ''",
                'prefix="/items" on the inclusion, or the path "/" on the route',
            )
            raise error
