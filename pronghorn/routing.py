"""Routers, which record routes and inclusions, and pass requests to the compiled routes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Router
from starlette.routing import Mount as Mount  # noqa: PLC0414 - libraries import it from here
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send
from typing_extensions import Unpack
from typing_extensions import deprecated as deprecated_mark

from pronghorn.compile.dispatch import Answerer, CompiledRouter, ThroughAsgi, answer
from pronghorn.compile.route_table import matches_by_path
from pronghorn.core.monkeypatches import allow_replacing, is_overridden
from pronghorn.core.revisions import RouteList, bump_revision, current_revision
from pronghorn.core.setup_errors import add_place, describe_callable
from pronghorn.core.typed_kwargs import expand_signature, option_defaults, route_signature
from pronghorn.declare.http_methods import ON_EVENT_IS_DEPRECATED, Verbs
from pronghorn.declare.option_checks import check_dependencies, check_event_handler
from pronghorn.declare.option_inheritance import check_prefix, clean_options, combine_chain
from pronghorn.declare.options import (
    INCLUDE_DEFAULTS,
    OURS,
    AddRouteOptions,
    IncludeOptions,
    RouterOptions,
    WebSocketRouteOptions,
)
from pronghorn.exceptions import FastAPIError, SetupError
from pronghorn.params import Depends
from pronghorn.plan.check_application import check_event, check_mount, check_paths, check_router
from pronghorn.routes.asgi_apps import *  # noqa: F403 - re-exported, as its __all__ says
from pronghorn.routes.asgi_apps import get_websocket_app
from pronghorn.routes.frontend import (
    FrontendRoute,
    Frontends,
    ServesFrontends,
    longest_path_first,
)
from pronghorn.routes.http import APIRoute, make_route
from pronghorn.routes.included_routers import Includable, show_inside
from pronghorn.routes.inclusion import (
    Inclusion,
    keep_entries,
    refuse_cycle,
    refuse_empty_paths,
)
from pronghorn.routes.lifespan import (
    HandlerLifespan,
    lifespan_of,
    merged,
    report_clearly,
    run_handlers,
    startup_failed,
)
from pronghorn.routes.request_handlers import *  # noqa: F403 - re-exported, as its __all__ says
from pronghorn.routes.request_handlers import REPLACEABLE
from pronghorn.routes.route_contexts import *  # noqa: F403 - re-exported, as its __all__ says
from pronghorn.routes.websocket import APIWebSocketRoute, make_websocket_route
from pronghorn.run.exchange import Exchange
from pronghorn.sse import _PING_INTERVAL as _PING_INTERVAL  # noqa: PLC0414 - programs assign it here
from pronghorn.types import DecoratedCallable

if TYPE_CHECKING:
    from pronghorn.routes.frontend_files import FrontendFiles

__all__ = ["APIRoute", "APIRouter", "APIWebSocketRoute"]

ROUTER_DEFAULTS = option_defaults(RouterOptions)
#: Options of a router that its routes inherit; see `pronghorn.declare.option_inheritance`.
INHERITED = (*INCLUDE_DEFAULTS, *OURS, "strict_content_type")


class APIRouter(Verbs, ServesFrontends, Includable):
    """A group of routes that share a prefix, tags, dependencies and more.

    Args:
        options: See `RouterOptions`.

    Example::

        router = APIRouter(prefix="/items", tags=["items"])


        @router.get("/{item_id}")
        async def read_item(item_id: int): ...


        app.include_router(router)

    Raises:
        SetupError: An option is unknown or not valid.
    """

    prefix: str
    """The prefix of all paths of this router."""
    tags: list[str | Enum]
    dependencies: list[Depends]
    callbacks: list[BaseRoute]
    responses: dict[int | str, dict[str, Any]]
    form_limits: dict[str, Any]
    max_body_size: int | None
    max_json_size: int | None
    cache: Any
    websocket_origins: Sequence[str] | None
    timeout: float | None
    on_disconnect: str | None
    default_response_class: type[Response]
    deprecated: bool | None
    include_in_schema: bool
    generate_unique_id_function: Callable[[Any], str]
    strict_content_type: bool
    dependency_overrides_provider: Any
    route_class: type[APIRoute]
    """The class of the routes that the decorators create."""
    auto_head: bool
    """Whether a GET route also handles HEAD."""
    redirect_slashes: bool
    on_startup: list[Callable[[], Any]]
    on_shutdown: list[Callable[[], Any]]
    lifespan_context: Lifespan[Any]
    """Makes the context manager that is entered at startup and exited at shutdown."""

    @expand_signature(RouterOptions)
    def __init__(self, **options: Unpack[RouterOptions]) -> None:
        kept = clean_options(options)
        check_prefix(kept.get("prefix", ""))
        values = {**ROUTER_DEFAULTS, **options, **kept}
        self._entries: list[BaseRoute | Inclusion] = list(values["routes"] or ())
        #: The flat list of routes, and the revision that it shows; one tuple, so that no thread
        #: reads the list of one revision with the number of another.
        self._shown: tuple[int, RouteList | None] = (-1, None)
        self._compiled = CompiledRouter(self)
        super().__init__(redirect_slashes=values["redirect_slashes"], default=values["default"])
        self._entries = list(values["routes"] or ())
        self.auto_head = values["auto_head"]
        #: The routes that are tried last. FastAPI has these two attributes under the same names.
        self._low_priority_routes: list[BaseRoute] = []
        self._frontend_routes = Frontends()
        self.on_startup = list(values["on_startup"] or ())
        self.on_shutdown = list(values["on_shutdown"] or ())
        self.lifespan_context = lifespan_of(self, values["lifespan"])
        for name in ("tags", "dependencies", "callbacks"):
            setattr(self, name, list(values[name] or ()))
        for name in ("responses", "form_limits"):
            setattr(self, name, dict(values[name] or {}))
        plain = ("prefix", "default_response_class", "dependency_overrides_provider")
        names = ("deprecated", "include_in_schema", "generate_unique_id_function", "max_body_size")
        for name in (*plain, *names, *OURS):
            setattr(self, name, values[name])
        self.strict_content_type = values["strict_content_type"]
        self.route_class = values["route_class"] or APIRoute

    # --- for the compiled router --------------------------------------------------------------

    @property
    def routes(self) -> list[BaseRoute]:
        """All routes with their full paths, including those of included routers."""
        revision = current_revision()
        known, shown = self._shown
        if shown is None or known != revision:
            shown = RouteList(list(self._flatten()), self)
            self._shown = revision, shown
        return shown

    @routes.setter
    def routes(self, routes: Sequence[BaseRoute]) -> None:
        self._replace_routes(list(routes))

    def _append_route(self, route: BaseRoute) -> None:
        """Add one route object at the end."""
        self._entries.append(route)
        bump_revision()

    def _replace_routes(self, routes: list[BaseRoute]) -> None:
        """Set the routes; an included router stays included if all of its routes are there."""
        self._entries = keep_entries(routes, self._entries)
        bump_revision()

    def _flat_routes(self) -> Sequence[BaseRoute]:
        """Return all routes with their full paths, for a caller that does not change the list."""
        return self.routes

    def _last_routes(self) -> Sequence[BaseRoute]:
        """Return the routes that are tried only when no other route matches, such as frontends."""
        found = [*self._low_priority_routes, *self._frontend_routes.routes]
        for entry in self._entries:
            if isinstance(entry, Inclusion):
                last_of = getattr(entry.router, "_last_routes", tuple)
                found += [show_inside(self, entry, route) for route in last_of()]
        return longest_path_first(found)

    def _flatten(self) -> Iterator[BaseRoute]:
        for entry in self._entries:
            if not isinstance(entry, Inclusion):
                yield entry
                continue
            for route in entry.router.routes:
                yield show_inside(self, entry, route)

    def _mark_routes_changed(self) -> None:
        bump_revision()

    def _collect_inherited(self) -> dict[str, Any]:
        """Return the options that the routes of this router inherit."""
        return {name: getattr(self, name) for name in INHERITED}

    def _answerer(self) -> Answerer:
        """Return the answerer of an application: the compiled routes, or the overridden router."""
        own = not is_overridden(type(self), APIRouter, "app", "__call__")
        if own and self.middleware_stack == self.app:
            return self._compiled
        # Few programs override the router.
        from pronghorn.middleware.asyncexitstack import AsyncExitStackMiddleware

        return ThroughAsgi(AsyncExitStackMiddleware(self))

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, WebSocket connection or lifespan."""
        if scope["type"] == "lifespan":
            scope.setdefault("router", self)
            await self.lifespan(scope, receive, send)
        else:
            await answer(self._compiled, Exchange(scope, receive, send))

    # --- declaring ----------------------------------------------------------------------------

    @route_signature(AddRouteOptions)
    def add_api_route(
        self, path: str, endpoint: Callable[..., Any], **options: Unpack[AddRouteOptions]
    ) -> None:
        """Add an operation without a decorator.

        Args:
            path: The path inside this router.
            endpoint: The function that handles requests.
            options: See `AddRouteOptions`.
        """
        try:
            kept = clean_options(options)
        except SetupError as error:
            methods = ",".join(map(str, options.get("methods") or ["GET"]))
            add_place(error, f"{methods} {path}, {describe_callable(endpoint)}")
            raise
        route_class = kept.pop("route_class_override", None) or self.route_class
        combined = combine_chain([self._collect_inherited(), kept])
        full_path = combined.pop("prefix", "") + path
        combined["deprecated"] = combined.get("deprecated") or self.deprecated
        combined["dependency_overrides_provider"] = self.dependency_overrides_provider
        limits = kept.get("form_limits")
        self._append_route(make_route(route_class, full_path, endpoint, combined, limits))

    @route_signature(WebSocketRouteOptions)
    def add_api_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None = None,
        **options: Unpack[WebSocketRouteOptions],
    ) -> None:
        """Add a WebSocket route without a decorator.

        Args:
            path: The path inside this router.
            endpoint: The coroutine function that serves connections.
            name: The name for `url_path_for`; by default the name of the function.
            options: See `WebSocketRouteOptions`.
        """
        own = options.get("dependencies") or ()
        check_dependencies(own)
        origins = options.get("websocket_origins")
        if origins is None:
            origins = self.websocket_origins
        dependencies = [*self.dependencies, *own]
        provider = self.dependency_overrides_provider
        kind, path = APIWebSocketRoute, self.prefix + path
        self._append_route(
            make_websocket_route(kind, path, endpoint, name, dependencies, provider, origins)
        )

    def route(
        self,
        path: str,
        methods: Sequence[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a Starlette route, whose function takes the request and returns a response."""

        def decorate(endpoint: DecoratedCallable) -> DecoratedCallable:
            self.add_route(
                path, endpoint, methods=methods, name=name, include_in_schema=include_in_schema
            )
            return endpoint

        return decorate

    def mount(self, path: str, app: ASGIApp, name: str | None = None) -> None:
        """Serve an ASGI application below a path.

        Args:
            path: The path, which begins with `/`.
            app: The application.
            name: The name for `url_path_for`.

        Raises:
            SetupError: The path or the application cannot work.
        """
        check_mount(path, app)
        super().mount(path, app=app, name=name)

    def _add_frontend(self, prefix: str, files: FrontendFiles) -> None:
        options = combine_chain([self._collect_inherited(), {"prefix": prefix}])
        route = FrontendRoute(files, options, self.dependency_overrides_provider)
        self._frontend_routes.routes.append(route)
        bump_revision()

    @expand_signature(IncludeOptions)
    def include_router(self, router: Router, **options: Unpack[IncludeOptions]) -> None:
        """Add the routes of another router to this one.

        Routes that are added to the other router later are included as well. A router may be
        included several times, with different options.

        Args:
            router: The router. A plain Starlette router works too, but type checkers refuse it.
            options: See `IncludeOptions`.

        Raises:
            SetupError: The prefix is malformed, prefix and path are both empty, or the router
                would contain itself.
        """
        kept = clean_options(options)
        prefix = check_prefix(kept.get("prefix", ""))
        check_router(router)
        refuse_cycle(router, self)
        if not prefix:
            refuse_empty_paths(router)
        self._entries.append(Inclusion(router, kept))
        for handler in getattr(router, "on_startup", ()):
            self.add_event_handler("startup", handler)
        for handler in getattr(router, "on_shutdown", ()):
            self.add_event_handler("shutdown", handler)
        if not isinstance(router.lifespan_context, HandlerLifespan):
            self.lifespan_context = merged(self.lifespan_context, router.lifespan_context)
        bump_revision()

    # --- startup and shutdown -----------------------------------------------------------------

    def add_event_handler(self, event_type: str, func: Callable[[], Any]) -> None:
        """Add a handler for `"startup"` or `"shutdown"`; prefer `lifespan`."""
        handlers = {"startup": self.on_startup, "shutdown": self.on_shutdown}
        check_event(event_type, handlers)
        check_event_handler(func)
        handlers[event_type].append(func)

    @deprecated_mark(ON_EVENT_IS_DEPRECATED)
    def on_event(self, event_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a handler for `"startup"` or `"shutdown"`; prefer `lifespan`."""

        def decorate(func: DecoratedCallable) -> DecoratedCallable:
            self.add_event_handler(event_type, func)
            return func

        return decorate

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the lifespan, after planning every route, so that startup reports all mistakes."""
        from pronghorn.routes.app_scope import around, count_as_started, plan_start

        send = report_clearly(send)
        application = self.dependency_overrides_provider
        try:
            # A route class of the program may find its requests without the path.
            check_paths(route for route in self.routes if matches_by_path(route))
            for route in self.routes:
                _ = getattr(route, "plan", None)
            runner, leaves = plan_start(self, application)
        except FastAPIError:
            await startup_failed(receive, send)
            raise
        if leaves or runner is not None:
            lifespan = around(self.lifespan_context, leaves, application)
            await Router(lifespan=lifespan).lifespan(scope, receive, send)
            return
        with count_as_started(application):
            await super().lifespan(scope, receive, send)

    async def _startup(self) -> None:
        await run_handlers(self.on_startup)

    async def _shutdown(self) -> None:
        await run_handlers(self.on_shutdown)


allow_replacing(__name__, {**REPLACEABLE, "get_websocket_app": get_websocket_app})
