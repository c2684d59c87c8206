"""What an application declares by handing it to its router."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.routing import Router
from typing_extensions import Unpack, deprecated

from pronghorn.core.monkeypatches import ROUTING, is_defined_by
from pronghorn.core.typed_kwargs import expanded_signature, keywords_for
from pronghorn.declare.http_methods import Verbs
from pronghorn.declare.options import (
    API_ROUTE_DEFAULTS,
    INCLUDE_DEFAULTS,
    ROUTE_DEFAULTS,
    AddRouteOptions,
    ApiRouteOptions,
    IncludeOptions,
    WebSocketOptions,
)
from pronghorn.plan.check import check_path
from pronghorn.types import CheckDirectory, DecoratedCallable, Directory, Fallback

#: What the application hands to an overridden `add_api_route` of its router.
OF_APPLICATION = {
    name: default for name, default in API_ROUTE_DEFAULTS.items() if name != "callbacks"
}


class DeclaresOnRouter(Verbs):
    """The methods of an application that declare routes and handlers on its `router`.

    A router of a class of the program's own, and a subclass of the application, see the same calls
    with the same keywords as on FastAPI.
    """

    router: Any

    @expanded_signature(AddRouteOptions)
    def add_api_route(
        self, path: str, endpoint: Callable[..., Any], **options: Unpack[AddRouteOptions]
    ) -> None:
        """Add an operation; see `APIRouter.add_api_route`."""
        keywords = keywords_for(self.router.add_api_route, OF_APPLICATION, options)
        self.router.add_api_route(path, endpoint=endpoint, **keywords)

    @expanded_signature(ApiRouteOptions)
    def api_route(
        self, path: str, **options: Unpack[ApiRouteOptions]
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare an operation with the given ``methods``; see `get`."""
        check_path(path)

        def decorate(endpoint: DecoratedCallable) -> DecoratedCallable:
            keywords = keywords_for(self.router.add_api_route, OF_APPLICATION, options)
            self.router.add_api_route(path, endpoint, **keywords)
            return endpoint

        return decorate

    def _operation(self, method: str, path: str, options: Any) -> Any:
        declare = getattr(self.router, method.lower())
        return declare(path, **keywords_for(declare, ROUTE_DEFAULTS, options))

    @expanded_signature(WebSocketOptions)
    def add_api_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None = None,
        **options: Unpack[WebSocketOptions],
    ) -> None:
        """Add a WebSocket route; see `websocket`."""
        dependencies = options.get("dependencies")
        self.router.add_api_websocket_route(path, endpoint, name=name, dependencies=dependencies)

    @expanded_signature(WebSocketOptions)
    def websocket(
        self, path: str, name: str | None = None, **options: Unpack[WebSocketOptions]
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a WebSocket route; see `APIRouter.websocket`."""
        check_path(path)

        def decorate(endpoint: DecoratedCallable) -> DecoratedCallable:
            dependencies = options.get("dependencies")
            self.add_api_websocket_route(path, endpoint, name=name, dependencies=dependencies)
            return endpoint

        return decorate

    def websocket_route(
        self, path: str, name: str | None = None
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a plain Starlette WebSocket route, without dependencies."""

        def decorate(endpoint: DecoratedCallable) -> DecoratedCallable:
            self.router.add_websocket_route(path, endpoint, name=name)
            return endpoint

        return decorate

    def frontend(
        self,
        path: str,
        *,
        directory: Directory,
        fallback: Fallback = "auto",
        check_dir: CheckDirectory = "auto",
    ) -> None:
        """Serve the files that a frontend tool has built; see `APIRouter.frontend`."""
        self.router.frontend(path, directory=directory, fallback=fallback, check_dir=check_dir)

    @expanded_signature(IncludeOptions)
    def include_router(self, router: Router, **options: Unpack[IncludeOptions]) -> None:
        """Make the routes of a router answer in this application.

        See `APIRouter.include_router`.
        """
        include = self.router.include_router
        include(router, **keywords_for(include, INCLUDE_DEFAULTS, options))

    def add_event_handler(self, event_type: str, func: Callable[[], Any]) -> None:
        """Add a handler for ``"startup"`` or ``"shutdown"``; prefer ``lifespan``."""
        self.router.add_event_handler(event_type, func)

    @deprecated("on_event is deprecated, use lifespan event handlers instead.")
    def on_event(self, event_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a handler for ``"startup"`` or ``"shutdown"``; prefer ``lifespan``."""

        def decorate(func: DecoratedCallable) -> DecoratedCallable:
            add = self.router.on_event
            if is_defined_by(add, ROUTING):  # It would warn a second time.
                self.router.add_event_handler(event_type, func)
            else:
                add(event_type)(func)
            return func

        return decorate
