"""The whole request path of a router: find the route, run its handler, answer errors.

route = table.search(...)           # a dictionary, then a tree
await handler(exchange, path)       # one function per route, compiled at its first request
await errors.answer(exchange, error)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from threading import Lock
from types import MappingProxyType
from typing import Any, Protocol

from starlette._utils import get_route_path
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn._body_limit import body_limit_error
from pronghorn.compile.limits import with_limits_of
from pronghorn.compile.router import Entry, RouteTable
from pronghorn.core.revisions import REVISION
from pronghorn.exceptions import ValidationException
from pronghorn.hooks import Handler
from pronghorn.run.errors import HANDLERS_KEY, ErrorHandlers
from pronghorn.run.exchange import Exchange, new_exchange
from pronghorn.run.output.head import AUTO_HEAD_KEY, HeadExchange
from pronghorn.run.output.redirects import redirect_to_path

Overrides = Mapping[Callable[..., Any], Callable[..., Any]]
#: Answers one exchange, whoever made it.
Answer = Callable[[Exchange], Awaitable[None]]
#: The handler of an exchange and its path parameters, or None where one has to search.
Find = Callable[[Exchange], tuple[Handler, Mapping[str, Any]] | None]
NO_OVERRIDES: Overrides = MappingProxyType({})
#: Raises 404 in an application, where no program and no library has put another in its place.
NOT_FOUND = Router.not_found


class RouterView(Protocol):
    """What the engine needs to know of a router."""

    redirect_slashes: bool
    auto_head: bool
    default: ASGIApp

    def flat_routes(self) -> Sequence[BaseRoute]:
        """All routes with their full paths, in registration order."""

    def last_routes(self) -> Sequence[BaseRoute]:
        """Routes that are asked only when no other matches, not even by its path."""

    #: Its `dependency_overrides`, if it has any, are in force.
    dependency_overrides_provider: Any


class Answerer(Protocol):
    """Answers exchanges in three parts, for adapters that run them without a coroutine around."""

    find: Find

    async def search(self, exchange: Exchange) -> None:
        """Answer where `find` has found nothing."""

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Answer where the handler that was found, or `search`, has failed."""


class CompiledRouter:
    """Answers the requests of one router."""

    def __init__(self, router: RouterView) -> None:
        self._router = router
        self._lock = Lock()
        self._seen = -1
        self._overrides: dict[Any, Any] = {}
        self._entries: dict[int, Entry] = {}
        self._table = RouteTable([])
        self._last = RouteTable([])

    async def answer(self, exchange: Exchange) -> None:
        """Find the route for an exchange and run it."""
        found = self.find(exchange)
        if found is None:
            await self.answer_searching(exchange)
        else:
            await found[0](exchange, found[1])

    def find(self, exchange: Exchange) -> tuple[Handler, Mapping[str, Any]] | None:
        """The handler and the path parameters of a request, where the first look finds them.

        No coroutine: a caller of the handler itself saves two of them.

        Returns:
            None says nothing yet: `answer_searching` has to look.
        """
        if self._seen != REVISION.latest:
            self._rebuild()
        provider = self._router.dependency_overrides_provider
        overrides = getattr(provider, "dependency_overrides", None)
        if overrides or self._overrides:
            self._use_overrides(overrides or NO_OVERRIDES)
        if exchange.is_bare:
            # Without a scope, which most routes do not need.
            found = self._table.quick(exchange.method, exchange.path)
            if found is None:
                return None
            entry, params = found
            exchange.routed = self._router, entry, params
            return entry.handler or self._compile(entry), params
        scope = exchange.scope
        scope.setdefault("router", self._router)
        if scope["type"] != "http" or scope.get("root_path"):
            return None
        found = self._table.quick(scope.get("method", ""), scope["path"])
        if found is None:
            return None
        entry, params = found
        return entry.handler or self._compile(entry), entry.update_scope(scope, params)

    async def answer_searching(self, exchange: Exchange) -> None:
        """Answer what `find` has not found: ask every route in question."""
        if exchange.is_bare:
            exchange.routed = self._router, None, {}
        else:
            exchange.scope.setdefault("router", self._router)
        if self._leads_nowhere(exchange):
            raise HTTPException(status_code=404)
        if exchange.is_bare:
            exchange.use_scope()
        scope = exchange.scope
        path = get_route_path(scope) if scope.get("root_path") else scope["path"]
        match, entry, child = self._table.search(scope, path)
        if entry is None or match is not Match.FULL:
            await self._answer_others(exchange, path, entry, child)
            return
        params = entry.update_scope(scope, child)
        await (entry.handler or self._compile(entry))(exchange, params)

    def _leads_nowhere(self, exchange: Exchange) -> bool:
        """True if no route can match this path, so the answer is Starlette's 404."""
        if exchange.is_bare:
            path = exchange.path
        else:
            scope = exchange.scope
            if scope["type"] != "http" or scope.get("root_path") or "app" not in scope:
                return False
            path = scope["path"]
        return (
            getattr(self._router.default, "__func__", None) is NOT_FOUND
            and self._table.is_beyond(path)
            and self._last.is_beyond(path)
        )

    async def _answer_others(
        self, exchange: Exchange, path: str, entry: Entry | None, child: Scope
    ) -> None:
        """What no route matches completely: redirects, last routes, 404, HEAD and 405."""
        scope = exchange.scope
        match = Match.PARTIAL
        if entry is None:
            if scope["type"] == "http" and self._router.redirect_slashes and path != "/":
                redirect = self._redirect(scope, path)
                if redirect is not None:
                    await exchange.send_response(redirect)
                    return
            match, entry, child = self._last.search(scope, path)
        if entry is None:
            await self._router.default(scope, exchange.receive, exchange.tracked_send)
            return
        if match is Match.FULL:
            params = entry.update_scope(scope, child)
            handler = entry.handler or self._compile(entry)
            await handler(exchange, params)
        elif not await self._answer_head(exchange, path):
            entry.update_scope(scope, child)
            # The route itself says which methods it has.
            await entry.route.handle(scope, exchange.receive, exchange.tracked_send)

    async def _answer_head(self, exchange: Exchange, path: str) -> bool:
        """Answer HEAD, which nobody declares for this path, with the headers that GET would send.

        Tells whether that was done.
        """
        scope = exchange.scope
        if not self._router.auto_head:
            return False
        scope[AUTO_HEAD_KEY] = True
        if scope.get("method") != "HEAD":
            return False
        match, entry, child = self._table.search({**scope, "method": "GET"}, path)
        if entry is None or match is not Match.FULL:
            return False
        params = entry.update_scope(scope, child)
        inside = HeadExchange(scope, exchange.receive, exchange.tracked_send)
        try:
            await (entry.handler or self._compile(entry))(inside, params)
        finally:
            exchange.take_over(inside)
        return True

    def _redirect(self, scope: Scope, path: str) -> Response | None:
        """The way to the same path with or without its last slash, if it exists."""
        other = dict(scope)
        other["path"] = scope["path"].rstrip("/") if path.endswith("/") else scope["path"] + "/"
        _, entry, _ = self._table.search(other, get_route_path(other))
        if entry is None:
            return None
        scope["route"] = entry.route
        return redirect_to_path(other)

    def _compile(self, entry: Entry) -> Any:
        with self._lock:
            if entry.handler is None:
                handler = handler_of(entry.route, self._overrides)
                entry.handler = with_limits_of(self._router, entry.route, handler)
            return entry.handler

    def _rebuild(self) -> None:
        """Take over the routes as they are now; what did not change stays compiled."""
        with self._lock:
            version = REVISION.latest
            known = self._entries if self._seen >= REVISION.compiled_since else {}
            entries: dict[int, Entry] = {}

            def table_of(routes: Sequence[BaseRoute]) -> RouteTable:
                used = [_entry_of(route, known) for route in routes]
                entries.update((id(entry.route), entry) for entry in used)
                return RouteTable(used)

            self._table = table_of(self._router.flat_routes())
            self._last = table_of(self._router.last_routes())
            self._entries = entries
            self._seen = version

    def _use_overrides(self, overrides: Overrides) -> None:
        """Compile anew what was compiled with other ones."""
        if overrides == self._overrides:
            return
        with self._lock:
            self._overrides = dict(overrides)
            for entry in self._entries.values():
                entry.handler = None


def find_nothing(exchange: Exchange) -> None:
    """What a router that answers in its own way finds at the first look."""


def _entry_of(route: BaseRoute, known: Mapping[int, Entry]) -> Entry:
    """The entry that a route already has, unless the route has changed since."""
    entry = known.get(id(route))
    if entry is not None and entry.route is route and not _changed(entry):
        return entry
    return Entry(route)


def _changed(entry: Entry) -> bool:
    route = entry.route
    is_current = entry.pattern is None or entry.pattern.is_current()
    return not is_current or getattr(route, "revision", 0) != entry.revision


def handler_of(route: BaseRoute, overrides: Overrides) -> Any:
    """The compiled handler of a route; for a route that is not ours, its own ASGI method."""
    compile_handler = getattr(route, "compile_handler", None)
    if compile_handler is not None:
        return compile_handler(overrides)
    handle = route.handle

    async def asgi_handler(exchange: Exchange, path: Mapping[str, Any]) -> None:
        await handle(exchange.scope, exchange.receive, exchange.tracked_send)

    return asgi_handler


class Pipeline:
    """The innermost ASGI application: routes, and handlers for the errors of routes."""

    def __init__(self, answer: Answer, errors: ErrorHandlers, lifespan: ASGIApp) -> None:
        #: Finds the route of an exchange and runs it.
        self.route = answer
        #: The compiled routes, where nothing stands before them: the first look is theirs.
        self.find: Find = find_nothing
        router = getattr(answer, "__self__", None)
        if type(router) is CompiledRouter:
            self.find, self.route = router.find, router.answer_searching
        self._errors = errors
        #: What goes into the scope of each request; None where a layer outside puts its own there.
        self.registered = errors.registered if errors.by_class else None
        self._lifespan = lifespan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        if self.registered is not None:
            scope[HANDLERS_KEY] = self.registered
        exchange = new_exchange(scope, receive, send)
        try:
            await self.answer(exchange)
        finally:
            if exchange._connection is not None:
                exchange.end()

    async def answer(self, exchange: Exchange) -> None:
        """Answer one exchange, also when its route fails with an error that has a handler."""
        try:
            found = self.find(exchange)
            if found is None:
                await self.route(exchange)
            else:
                await found[0](exchange, found[1])
        except Exception as raised:  # noqa: BLE001 - the handlers know what to do with which
            await self.recover(exchange, raised)

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Let the handlers of errors answer; raise what they do not handle."""
        try:
            await self._answer_error(exchange, raised)
        finally:
            del raised  # Its traceback keeps this frame, which would keep it; below likewise.
            await exchange.close_files()

    async def _answer_error(self, exchange: Exchange, raised: Exception) -> None:
        refusal = body_limit_error(raised)
        if refusal is not None and exchange.started:
            raise refusal from None  # Perhaps the 413 is what was started: the counter knows.
        error = refusal or raised
        if isinstance(error, ValidationException):
            locate(error, exchange.scope)
        try:
            await self._errors.answer(exchange, error)
        finally:
            del error, raised


def locate(error: ValidationException, scope: Scope) -> None:
    """Put the path of the mount before the route's path in what a validation error says.

    Once: the error of a mounted application goes on to the one around it.
    """
    root_path = scope.get("root_path", "").rstrip("/")
    if not root_path or not error.endpoint_path:
        return
    if "_root_path" in vars(error):
        return
    vars(error)["_root_path"] = root_path
    methods, _, path = error.endpoint_path.partition(" ")
    error.endpoint_path = f"{methods} {root_path}{path}"
