"""What an application declares by handing it to its router."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from starlette.routing import Router
from typing_extensions import Unpack, deprecated

from pronghorn.core.monkeypatches import ROUTING, is_defined_by
from pronghorn.core.typed_kwargs import expanded_signature, hand_on, route_signature
from pronghorn.declare.http_methods import Verbs
from pronghorn.declare.options import (
    API_ROUTE_DEFAULTS,
    INCLUDE_DEFAULTS,
    ROUTE_DEFAULTS,
    WEBSOCKET_DEFAULTS,
    AddRouteOptions,
    IncludeOptions,
    WebSocketOptions,
)
from pronghorn.types import CheckDirectory, DecoratedCallable, Directory, Fallback


class DeclaresOnRouter(Verbs):
    """The methods of an application that declare routes and handlers on its `router`.

    A router of a class of the program's own, and a subclass of the application, see the same calls
    with the same keywords as on FastAPI.
    """

    router: Any
    add_defaults: ClassVar[dict[str, Any]] = {
        name: default for name, default in API_ROUTE_DEFAULTS.items() if name != "callbacks"
    }

    @route_signature(AddRouteOptions)
    def add_api_route(
        self, path: str, endpoint: Callable[..., Any], **options: Unpack[AddRouteOptions]
    ) -> None:
        """Add an operation; see `APIRouter.add_api_route`."""
        add = self.router.add_api_route
        hand_on(add, self.add_defaults, options, path, endpoint=endpoint)

    def _recorder(self) -> Any:
        return self.router

    def _operation(self, method: str, path: str, options: Any) -> Any:
        return hand_on(getattr(self.router, method.lower()), ROUTE_DEFAULTS, options, path)

    @route_signature(WebSocketOptions)
    def add_api_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None = None,
        **options: Unpack[WebSocketOptions],
    ) -> None:
        """Add a WebSocket route; see `websocket`."""
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
        """Serve the files that a frontend tool has built; see `APIRouter.frontend`."""
        self.router.frontend(path, directory=directory, fallback=fallback, check_dir=check_dir)

    @expanded_signature(IncludeOptions)
    def include_router(self, router: Router, **options: Unpack[IncludeOptions]) -> None:
        """Make the routes of a router answer in this application.

        See `APIRouter.include_router`.
        """
        hand_on(self.router.include_router, INCLUDE_DEFAULTS, options, router)

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
