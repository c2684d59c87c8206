"""Keep the compiled routes of a router up to date, and answer requests that match none of them.

A request for which `dispatch.CompiledRouter.find` finds a route does not run this code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import RLock
from types import MappingProxyType
from typing import Any, Protocol

from starlette.responses import Response
from starlette.routing import BaseRoute, Host, Match, Mount, Router, WebSocketRoute
from starlette.types import ASGIApp, Scope

from pronghorn.compile.limits import with_limits_of
from pronghorn.compile.route_table import Entry, RouteTable
from pronghorn.core.monkeypatches import original
from pronghorn.core.path_patterns import path_below_root
from pronghorn.core.revisions import REVISION
from pronghorn.hooks import Handler
from pronghorn.plan.dependencies import Overrides
from pronghorn.run.exchange import Exchange
from pronghorn.run.output.head import AUTO_HEAD_KEY, HeadExchange

#: Starlette's own method, which raises 404 in an application. Programs and libraries replace it.
NOT_FOUND = original(Router, "not_found")
#: Routes that may lead to WebSockets, whose origins are checked.
TO_WEBSOCKETS = WebSocketRoute, Mount, Host
NO_OVERRIDES: Overrides = MappingProxyType({})


class RouterView(Protocol):
    """The part of a router that the engine uses."""

    redirect_slashes: bool
    auto_head: bool
    default: ASGIApp
    #: Its `dependency_overrides` apply, if it has any.
    dependency_overrides_provider: Any

    def _flat_routes(self) -> Sequence[BaseRoute]:
        """Return all routes with their full paths, in registration order."""

    def _last_routes(self) -> Sequence[BaseRoute]:
        """Return the routes that are tried only if no other route matches the path."""


class CompiledRoutes:
    """The routes of one router, each compiled at its first request.

    Args:
        router: The router.

    Attributes:
        router: The router.
        revision: The number of the last declaration that these routes include.
        overrides: The dependency overrides with which the handlers were compiled.
        table: The routes, ready for a search.
        last: The routes that are tried only if no other one matches.
    """

    def __init__(self, router: RouterView) -> None:
        self.router = router
        self.revision = -1
        self.overrides: Overrides = {}
        self.table = RouteTable([])
        self.last = RouteTable([])
        self._entries: dict[int, Entry] = {}
        #: Reentrant, because `get_route_handler` of a program, a signal handler or a finaliser may
        #: send a request in the thread that compiles.
        self._lock = RLock()

    def compile(self, entry: Entry) -> Any:
        """Return the handler of a route; compile it if necessary."""
        with self._lock:
            if entry.handler is None:
                handler = handler_of(entry.route, self.overrides)
                handler = with_limits_of(self.router, entry.route, handler)
                entry.handler = _with_origins(self.router, entry.route, handler)
            return entry.handler

    def rebuild(self) -> None:
        """Read the routes of the router again; unchanged routes stay compiled."""
        with self._lock:
            version = REVISION.latest
            if version == self.revision:
                return  # Another thread was first.
            known = self._entries if self.revision >= REVISION.compiled_since else {}
            entries: dict[int, Entry] = {}

            def table_of(routes: Sequence[BaseRoute]) -> RouteTable:
                used = [_entry_of(route, known) for route in routes]
                entries.update((id(entry.route), entry) for entry in used)
                return RouteTable(used)

            self.table = table_of(self.router._flat_routes())
            self.last = table_of(self.router._last_routes())
            self._entries = entries
            self.revision = version

    def use_overrides(self, overrides: Overrides) -> None:
        """Discard all handlers if they were compiled with other overrides."""
        if overrides == self.overrides:
            return
        with self._lock:
            for entry in self._entries.values():
                entry.handler = None
            # Last: another thread that sees these overrides must find no older handler.
            self.overrides = dict(overrides)


def _entry_of(route: BaseRoute, known: Mapping[int, Entry]) -> Entry:
    """Return the existing entry of a route, or a new one if the route is new or has changed."""
    entry = known.get(id(route))
    if entry is not None and entry.route is route and not _has_changed(entry):
        return entry
    return Entry(route)


def _has_changed(entry: Entry) -> bool:
    route = entry.route
    is_current = entry.pattern is None or entry.pattern.is_current()
    return not is_current or getattr(route, "_revision", 0) != entry.revision


def handler_of(route: BaseRoute, overrides: Overrides) -> Any:
    """Return the compiled handler of a route; routes of other libraries are called through ASGI."""
    compiler = getattr(route, "_compile_handler", None)
    return asgi_handler(route) if compiler is None else compiler(overrides)


def asgi_handler(route: Any) -> Handler:
    """Return a handler that calls a route as an ASGI application."""

    async def handler(exchange: Exchange, path: Mapping[str, Any]) -> None:
        await route.handle(exchange.scope, exchange.receive, exchange.track_and_send)

    return handler


# --- requests that match no route completely: redirects, 404, HEAD and 405 ------------------------


def is_certain_miss(routes: CompiledRoutes, exchange: Exchange) -> bool:
    """Return True if no route can match this path, so the response is Starlette's 404."""
    if exchange.is_bare:
        path = exchange.path
    else:
        scope = exchange.scope
        if scope["type"] != "http" or scope.get("root_path") or "app" not in scope:
            return False
        path = scope["path"]
    return (
        getattr(routes.router.default, "__func__", None) is NOT_FOUND
        and routes.table.is_beyond(path)
        and routes.last.is_beyond(path)
    )


async def answer_miss(
    routes: CompiledRoutes, exchange: Exchange, path: str, entry: Entry | None, child: Scope
) -> None:
    """Answer a request that matches no route of the main table completely.

    Args:
        routes: The routes of the router.
        exchange: The request or connection.
        path: Its path inside this router.
        entry: The first route that matches only the path, if any.
        child: The additions of that match to the scope.
    """
    scope = exchange.scope
    match = Match.PARTIAL
    if entry is None:
        if scope["type"] == "http" and routes.router.redirect_slashes and path != "/":
            redirect = _redirect(routes, scope, path)
            if redirect is not None:
                await exchange.send_response(redirect)
                return
        match, entry, child = routes.last.search(scope, path)
    if entry is None:
        await routes.router.default(scope, exchange.receive, exchange.track_and_send)
        return
    if match is Match.FULL:
        params = entry.update_scope(scope, child)
        handler = entry.handler or routes.compile(entry)
        await handler(exchange, params)
    elif not await _answer_head(routes, exchange, path):
        entry.update_scope(scope, child)
        # The route answers 405 with its own methods.
        await entry.route.handle(scope, exchange.receive, exchange.track_and_send)


async def _answer_head(routes: CompiledRoutes, exchange: Exchange, path: str) -> bool:
    """Answer HEAD with the headers of GET if no route of this path declares HEAD.

    Returns:
        True if the request was answered.
    """
    scope = exchange.scope
    if not routes.router.auto_head:
        return False
    scope[AUTO_HEAD_KEY] = True
    if scope.get("method") != "HEAD":
        return False
    match, entry, child = routes.table.search({**scope, "method": "GET"}, path)
    if entry is None or match is not Match.FULL:
        return False
    params = entry.update_scope(scope, child)
    inside = HeadExchange(scope, exchange.receive, exchange.track_and_send)
    try:
        await (entry.handler or routes.compile(entry))(inside, params)
    finally:
        exchange.take_over(inside)
    return True


def _redirect(routes: CompiledRoutes, scope: Scope, path: str) -> Response | None:
    """Return a redirect to the path with or without a trailing slash; None if it has no route."""
    other = dict(scope)
    other["path"] = scope["path"].rstrip("/") if path.endswith("/") else scope["path"] + "/"
    _, entry, _ = routes.table.search(other, path_below_root(other))
    if entry is None:
        return None
    from pronghorn.run.output.redirects import redirect_to_path  # Few programs redirect.

    scope["route"] = entry.route
    return redirect_to_path(other)


def _with_origins(router: Any, route: BaseRoute, handler: Handler) -> Handler:
    """Return a handler that checks the origins of WebSockets, if its route leads to any."""
    if not isinstance(route, TO_WEBSOCKETS):
        return handler
    from pronghorn.compile.origins import with_origins_of  # Most programs have only HTTP.

    return with_origins_of(router, route, handler)
