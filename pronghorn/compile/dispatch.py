"""The way of a request through the framework. Read `answer` first; the rest is what it calls.

    answer(answerer, exchange)
        answerer.find        looks for the route where one look is enough        router.py
        answerer.search      asks all routes in question; 404, 405, redirects    compiled_routes.py
        handler              what the route was compiled to                      http_route.py
        answerer.recover     answers an error                                    server_errors.py

Servers differ in the exchange that they bring, programs in the answerer that stands for their
routes and error handlers. `docs/explain/follow-a-request.md` walks a request through all of it.
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
from pronghorn.hooks import Handler
from pronghorn.run.errors import ErrorHandlers
from pronghorn.run.exchange import Exchange, new_exchange

#: The handler of a route and the path parameters of a request.
Found = tuple[Handler, Mapping[str, Any]]
Find = Callable[[Exchange], Found | None]


async def answer(answerer: Answerer, exchange: Exchange) -> None:
    """Answer one request: find its route, run the handler of the route, answer errors.

    Every request and every WebSocket connection goes this way, whatever server it came from, and
    once more for each application or router that it is handed on to.

    Args:
        answerer: The routes of a program, with what answers their errors.
        exchange: The request, and the means to answer it.

    Raises:
        Exception: What `recover` raises: an error that nobody handles.
    """
    try:
        found = answerer.find(exchange)
        if found is None:
            await answerer.search(exchange)
        else:
            handler, path = found
            await handler(exchange, path)
    except Exception as raised:  # noqa: BLE001 - the answerer knows which errors it answers
        await answerer.recover(exchange, raised)
    finally:
        if exchange._connection is not None:
            exchange.end()


class Answerer(Protocol):
    """What `answer` asks: the contract between servers and routes.

    A `CompiledRouter` knows routes alone; a `Pipeline` adds the program's handlers of errors, an
    `OuterPipeline` the answer to all other errors. `ThroughAsgi` has an ASGI application do it.
    """

    def find(self, exchange: Exchange) -> Found | None:
        """Find the handler of a request where one look is enough.

        It is not a coroutine, since most requests are found by it.

        Returns:
            The handler and the path parameters to call it with; None where `search` has to look.
        """

    async def search(self, exchange: Exchange) -> None:
        """Answer a request for which `find` has returned None.

        Raises:
            Exception: What a handler raises, and 404 where no route matches.
        """

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Answer a request whose `find`, `search` or handler has raised an error.

        Raises:
            Exception: The error, where nobody handles it.
        """


class CompiledRouter(CompiledRoutes):
    """The routes of one router, as an `Answerer` that leaves errors to whoever calls it."""

    def find(self, exchange: Exchange) -> Found | None:
        """Look the route up: by method and path, in a dictionary or down a tree."""
        if self.revision != REVISION.latest:  # something was declared since; `core/revisions.py`
            self.rebuild()
        provider = self.router.dependency_overrides_provider
        overrides = getattr(provider, "dependency_overrides", None)
        if overrides or self.overrides:
            self.use_overrides(overrides or NO_OVERRIDES)
        if exchange.is_bare:
            # Without a scope, which most routes do not need.
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
        """Ask every route in question, in registration order."""
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

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Raise the error again."""
        try:
            raise raised
        finally:
            del raised  # Its traceback keeps this frame, which would keep it; below likewise.


class ThroughAsgi:
    """An ASGI application as an `Answerer`.

    Args:
        app: The application, with all that stands around it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def find(self, exchange: Exchange) -> Found | None:
        """Return None: the application looks for its routes itself."""

    async def search(self, exchange: Exchange) -> None:
        """Call the application."""
        await self._app(exchange.scope, exchange.receive, exchange.track_and_send)

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Raise the error again: the application has answered all that it answers."""
        try:
            raise raised
        finally:
            del raised


class Pipeline:
    """The innermost ASGI application: routes, and the program's handlers for their errors.

    Args:
        routes: The routes.
        errors: The handlers of errors.
        lifespan: Called for the lifespan of the program.
    """

    find: Find

    def __init__(self, routes: Answerer, errors: ErrorHandlers, lifespan: ASGIApp) -> None:
        self.find, self.search = routes.find, routes.search
        self._errors = errors
        #: What goes into the scope of each request; None where a layer outside puts its own there.
        self.registered = errors.registered if errors.by_class else None
        self._lifespan = lifespan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        await answer(self, new_exchange(scope, receive, send, self.registered))

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """Let the handlers of errors answer; raise what they do not handle."""
        try:
            await self._answer_error(exchange, raised)
        finally:
            del raised
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
