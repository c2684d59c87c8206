"""The path of a request through the framework. Read `answer` first; it calls all the rest.

    answer(answerer, exchange)
        answerer.find        finds the route if one lookup is enough             route_table.py
        answerer.search      tries all possible routes; 404, 405, redirects      compiled_routes.py
        handler              is the compiled route                               http_route.py
        answerer.recover     answers an error                                    server_errors.py

Each server has its own exchange; each program has an answerer with its routes and error handlers.
`docs/explain/follow-a-request.md` follows a request through all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn._body_limit import body_limit_error
from pronghorn.compile.compiled_routes import (
    NO_OVERRIDES,
    CompiledRoutes,
    answer_miss,
    is_certain_miss,
)
from pronghorn.core.path_patterns import path_below_root
from pronghorn.core.revisions import REVISION
from pronghorn.exceptions import ValidationException
from pronghorn.hooks import OBSERVERS, Handler
from pronghorn.run.errors import ErrorHandlers
from pronghorn.run.exchange import OBSERVED, Exchange, new_exchange

#: The handler of a route and the path parameters of a request.
FoundRoute = tuple[Handler, Mapping[str, Any]]
Find = Callable[[Exchange], FoundRoute | None]


async def answer(answerer: Answerer, exchange: Exchange) -> None:
    """Answer one request: find its route, run the handler of the route, answer errors.

    Every request and every WebSocket connection of every server passes through this function, and
    again for each mounted application or router.

    Args:
        answerer: The routes of a program and its error handlers.
        exchange: The request, and the methods to answer it.

    Raises:
        Exception: An error without a handler, which `recover` raises again.
    """
    try:
        found = answerer.find(exchange)
        if found is None:
            await answerer.search(exchange)
        else:
            handler, path = found
            await handler(exchange, path)
    except Exception as raised:  # noqa: BLE001 - the answerer decides which errors it answers
        await answerer.recover(exchange, raised)
    finally:
        if exchange.connection_or_none is not None:
            exchange.end()


class Answerer(Protocol):
    """The contract between servers and routes; `answer` calls its methods.

    A `CompiledRouter` has only routes; a `Pipeline` adds the program's error handlers, and an
    `OuterPipeline` answers all other errors. `ThroughAsgi` calls an ASGI application.
    """

    def find(self, exchange: Exchange) -> FoundRoute | None:
        """Find the handler of a request if one lookup is enough.

        It is not a coroutine, because it finds the handler of most requests.

        Returns:
            The handler and the path parameters for it; None if `search` must answer.
        """

    async def search(self, exchange: Exchange) -> None:
        """Answer a request for which `find` has returned None.

        Raises:
            Exception: An error of a handler, or a 404 if no route matches.
        """

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Answer a request whose `find`, `search` or handler has raised an error.

        Raises:
            Exception: The error, if it has no handler.
        """


class LeavesErrors:
    """The part of an `Answerer` without error handlers."""

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Raise the error again."""
        try:
            raise raised
        finally:
            del raised  # Its traceback refers to this frame, which would refer to the error.


class CompiledRouter(CompiledRoutes, LeavesErrors):
    """The routes of one router, as an `Answerer` that leaves errors to its caller."""

    def find(self, exchange: Exchange) -> FoundRoute | None:
        """Look up the route by method and path, in a dictionary or a tree."""
        if self.revision != REVISION.latest:  # A declaration was added; see `core/revisions.py`.
            self.rebuild()
        provider = self.router.dependency_overrides_provider
        overrides = getattr(provider, "dependency_overrides", None)
        if overrides or self.overrides:
            self.use_overrides(overrides or NO_OVERRIDES)
        if exchange.is_bare:
            # Most routes do not need a scope, so none is made.
            found = self.table.quick(exchange.method, exchange.path)
            if found is None:
                return None
            entry, params = found
            exchange.routed = self.router, entry, params
            return entry.handler or self.compile(entry), params
        scope = exchange.scope
        scope.setdefault("router", self.router)
        if scope["type"] != "http" or scope.get("root_path"):
            return None
        found = self.table.quick(scope.get("method", ""), scope["path"])
        if found is None:
            return None
        entry, params = found
        return entry.handler or self.compile(entry), entry.update_scope(scope, params)

    async def search(self, exchange: Exchange) -> None:
        """Try every route that could match, in registration order."""
        if exchange.is_bare:
            exchange.routed = self.router, None, {}
        else:
            exchange.scope.setdefault("router", self.router)
        if is_certain_miss(self, exchange):
            raise HTTPException(status_code=404)
        if exchange.is_bare:
            exchange.use_scope()
        scope = exchange.scope
        path = path_below_root(scope) if scope.get("root_path") else scope["path"]
        match, entry, child = self.table.search(scope, path)
        if entry is None or match is not Match.FULL:
            await answer_miss(self, exchange, path, entry, child)
            return
        params = entry.update_scope(scope, child)
        await (entry.handler or self.compile(entry))(exchange, params)


class ThroughAsgi(LeavesErrors):
    """An ASGI application as an `Answerer`.

    Args:
        app: The application, including its middleware.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def find(self, exchange: Exchange) -> FoundRoute | None:
        """Return None: the application finds its routes itself."""

    async def search(self, exchange: Exchange) -> None:
        """Call the application."""
        await self._app(exchange.scope, exchange.receive, exchange.track_and_send)


class Pipeline:
    """The innermost ASGI application: routes, and the program's handlers for their errors.

    Args:
        routes: The routes.
        errors: The error handlers.
        lifespan: Called for the lifespan of the program.
    """

    find: Find

    def __init__(self, routes: Answerer, errors: ErrorHandlers, lifespan: ASGIApp) -> None:
        self.find, self.search = routes.find, routes.search
        self._errors = errors
        #: The handlers to put into the scope of each request; None if an outer layer does that.
        self.registered = errors.registered if errors.by_class else None
        self._lifespan = lifespan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        if OBSERVERS and OBSERVED in scope:
            scope[OBSERVED].scope = scope  # Middleware may have made a scope of its own.
        await answer(self, new_exchange(scope, receive, send, self.registered))

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Let the error handlers answer; raise an error that they do not handle."""
        refusal = body_limit_error(raised)
        error = refusal or raised
        if refusal is not None:
            from pronghorn.compile.too_large import log_too_large  # Few requests are refused.

            log_too_large(exchange.scope, error=refusal)
        try:
            if refusal is not None and exchange.started:
                raise refusal from None  # The response may be the 413 itself; the counter checks.
            if isinstance(error, ValidationException):
                add_mount_path(error, exchange.scope)
            await self._errors.answer(exchange, error)
        finally:
            del error, raised, refusal
            await exchange.close_files()


def add_mount_path(error: ValidationException, scope: Scope) -> None:
    """Put the path of the mount before the route's path in a validation error.

    This happens only once, although the error of a mounted application also passes through the
    outer application.
    """
    root_path = scope.get("root_path", "").rstrip("/")
    if not root_path or not error.endpoint_path:
        return
    if "_root_path" in vars(error):
        return
    vars(error)["_root_path"] = root_path
    methods, _, path = error.endpoint_path.partition(" ")
    error.endpoint_path = f"{methods} {root_path}{path}"
