"""The decorators that declare routes, written once for the router and the application."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from starlette.routing import Router
from typing_extensions import Unpack
from typing_extensions import deprecated as deprecated_mark

from pronghorn.core.setup_errors import SetupError, is_collected
from pronghorn.core.typed_kwargs import expand_signature, hand_on, route_signature
from pronghorn.declare.options import (
    API_ROUTE_DEFAULTS,
    INCLUDE_DEFAULTS,
    ROUTE_DEFAULTS,
    WEBSOCKET_DEFAULTS,
    AddRouteOptions,
    ApiRouteOptions,
    IncludeOptions,
    RouteOptions,
    WebSocketRouteOptions,
)
from pronghorn.types import CheckDirectory, DecoratedCallable, Directory, Fallback

ON_EVENT_IS_DEPRECATED = "on_event is deprecated, use lifespan event handlers instead."


class Decorator(Protocol):
    """A decorator that returns the endpoint itself, so that type checkers keep its type.

    It is a protocol because type checkers solve an alias of a generic `Callable` too early, as
    `Never`.
    """

    def __call__(self, endpoint: DecoratedCallable, /) -> DecoratedCallable:
        """Record the endpoint and return it."""


def _declare(add: Any, defaults: Any, options: Any, *given: Any, **named: Any) -> None:
    """Add a route; a command that collects mistakes gets that of this route."""
    try:
        hand_on(add, defaults, options, *given, **named)
    except SetupError as error:
        if not is_collected(error):
            raise


class Verbs:
    """The decorators `get`, `post` and so on; each calls `api_route` with one HTTP method.

    If a subclass, a library or the program overrides a method, that method receives the keywords
    that FastAPI would pass to it.
    """

    #: The values of absent options, which an overridden `add_api_route` receives.
    _add_defaults: ClassVar[dict[str, Any]] = API_ROUTE_DEFAULTS
    add_api_websocket_route: Callable[..., None]

    def _recorder(self) -> Any:
        """Return the router that stores the routes declared here."""
        return self

    @route_signature(ApiRouteOptions)
    def api_route(
        self, path: str, **options: Unpack[ApiRouteOptions]
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare an operation with several HTTP methods.

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            options: See `ApiRouteOptions`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.api_route("/items", methods=["GET", "HEAD"])
            async def read_items() -> list[Item]: ...
        """

        def decorate(endpoint: DecoratedCallable) -> DecoratedCallable:
            add = self._recorder().add_api_route
            _declare(add, self._add_defaults, options, path, endpoint)
            return endpoint

        return decorate

    def _operation(self, method: str, path: str, options: Any) -> Decorator:
        found: Decorator = hand_on(
            self.api_route, ROUTE_DEFAULTS, options, path=path, methods=[method]
        )
        return found

    @route_signature(WebSocketRouteOptions)
    def websocket(
        self, path: str, name: str | None = None, **options: Unpack[WebSocketRouteOptions]
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a WebSocket route (RFC 6455) with the dependencies of an operation.

        Args:
            path: The path, with parameters in braces.
            name: The name for `url_path_for`; by default the name of the function.
            options: See `WebSocketRouteOptions`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.websocket("/chat/{room}")
            async def chat(websocket: WebSocket, room: str) -> None:
                await websocket.accept()
        """

        def decorate(endpoint: DecoratedCallable) -> DecoratedCallable:
            add = self.add_api_websocket_route
            _declare(add, WEBSOCKET_DEFAULTS, options, path, endpoint, name=name)
            return endpoint

        return decorate

    def websocket_route(
        self, path: str, name: str | None = None
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a plain Starlette WebSocket route, without dependencies.

        Args:
            path: The path, with parameters in braces.
            name: The name for `url_path_for`; by default the name of the function.
        """

        def decorate(endpoint: DecoratedCallable) -> DecoratedCallable:
            self._recorder().add_websocket_route(path, endpoint, name=name)
            return endpoint

        return decorate

    @route_signature(RouteOptions)
    def get(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a GET operation: read something (RFC 9110, section 9.3.1).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            options: See `RouteOptions`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.get("/items/{item_id}")
            async def read_item(item_id: int, q: str | None = None) -> Item: ...
        """
        return self._operation("GET", path, options)

    @route_signature(RouteOptions)
    def put(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a PUT operation: create or replace something (RFC 9110, section 9.3.4).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            options: See `RouteOptions`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.put("/items/{item_id}")
            async def replace_item(item_id: int, item: Item) -> Item: ...
        """
        return self._operation("PUT", path, options)

    @route_signature(RouteOptions)
    def post(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a POST operation: create something, or act (RFC 9110, section 9.3.3).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            options: See `RouteOptions`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.post("/items", status_code=201)
            async def create_item(item: Item) -> Item: ...
        """
        return self._operation("POST", path, options)

    @route_signature(RouteOptions)
    def delete(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a DELETE operation: remove something (RFC 9110, section 9.3.5).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            options: See `RouteOptions`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.delete("/items/{item_id}", status_code=204)
            async def delete_item(item_id: int) -> None: ...
        """
        return self._operation("DELETE", path, options)

    @route_signature(RouteOptions)
    def options(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare an OPTIONS operation: describe what a path allows (RFC 9110, section 9.3.7).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            options: See `RouteOptions`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.options("/items")
            async def list_methods() -> Response: ...
        """
        return self._operation("OPTIONS", path, options)

    @route_signature(RouteOptions)
    def head(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a HEAD operation: GET without the content (RFC 9110, section 9.3.2).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            options: See `RouteOptions`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.head("/items/{item_id}")
            async def find_item(item_id: int) -> Response: ...
        """
        return self._operation("HEAD", path, options)

    @route_signature(RouteOptions)
    def patch(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a PATCH operation: change a part of something (RFC 5789).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            options: See `RouteOptions`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.patch("/items/{item_id}")
            async def change_item(item_id: int, changes: Changes) -> Item: ...
        """
        return self._operation("PATCH", path, options)

    @route_signature(RouteOptions)
    def trace(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a TRACE operation: send the request back (RFC 9110, section 9.3.8).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            options: See `RouteOptions`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.trace("/items")
            async def trace_items(request: Request) -> Response: ...
        """
        return self._operation("TRACE", path, options)


class DeclaresOnRouter(Verbs):
    """Methods of an application that declare routes and handlers on its `router`.

    Subclasses of the router and of the application receive the same calls with the same keywords
    as on FastAPI.
    """

    router: Any
    _add_defaults: ClassVar[dict[str, Any]] = {
        name: default for name, default in API_ROUTE_DEFAULTS.items() if name != "callbacks"
    }

    @route_signature(AddRouteOptions)
    def add_api_route(
        self, path: str, endpoint: Callable[..., Any], **options: Unpack[AddRouteOptions]
    ) -> None:
        """Add an operation without a decorator.

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            endpoint: The function that handles requests.
            options: See `AddRouteOptions`.
        """
        add = self.router.add_api_route
        hand_on(add, self._add_defaults, options, path, endpoint=endpoint)

    def _recorder(self) -> Any:
        return self.router

    def _operation(self, method: str, path: str, options: Any) -> Any:
        return hand_on(getattr(self.router, method.lower()), ROUTE_DEFAULTS, options, path)

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
            path: The path, with parameters in braces.
            endpoint: The coroutine function that serves connections.
            name: The name for `url_path_for`; by default the name of the function.
            options: See `WebSocketRouteOptions`.
        """
        add = self.router.add_api_websocket_route
        hand_on(add, WEBSOCKET_DEFAULTS, options, path, endpoint, name=name)

    def frontend(
        self,
        path: str,
        *,
        directory: Directory,
        fallback: Fallback = "auto",
        check_dir: CheckDirectory = "auto",
    ) -> None:
        """Serve the files that a frontend tool has built, for requests that no route matches.

        Args:
            path: The path of the frontend; begins with `/`.
            directory: The directory of the build.
            fallback: The file for a path without one: `"404.html"`, `"index.html"` for paths that
                the page routes itself, or `"auto"` for whichever of them exists. `None` leaves it
                to the 404 of the application.
            check_dir: Whether the directory must exist now. `"auto"` only warns in development.

        Raises:
            SetupError: The path or the fallback is not valid, or the directory does not exist.
        """
        self.router.frontend(path, directory=directory, fallback=fallback, check_dir=check_dir)

    @expand_signature(IncludeOptions)
    def include_router(self, router: Router, **options: Unpack[IncludeOptions]) -> None:
        """Add the routes of a router to this application.

        Routes that are added to the router later are included as well. A router may be included
        several times, with different options.

        Args:
            router: The router. A plain Starlette router works too, but type checkers refuse it.
            options: See `IncludeOptions`.

        Raises:
            SetupError: The prefix is malformed, or prefix and path are both empty.

        Example::

            app.include_router(items.router, prefix="/items", tags=["items"])
        """
        hand_on(self.router.include_router, INCLUDE_DEFAULTS, options, router)

    def add_event_handler(self, event_type: str, func: Callable[[], Any]) -> None:
        """Add a handler for `"startup"` or `"shutdown"`; prefer `lifespan`."""
        self.router.add_event_handler(event_type, func)

    @deprecated_mark(ON_EVENT_IS_DEPRECATED)
    def on_event(self, event_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a handler for `"startup"` or `"shutdown"`; prefer `lifespan`."""
        with warnings.catch_warnings():  # The router's method would warn a second time.
            warnings.filterwarnings("ignore", re.escape(ON_EVENT_IS_DEPRECATED))
            decorate: Callable[[DecoratedCallable], DecoratedCallable]
            decorate = self.router.on_event(event_type)
        return decorate
