"""What HTTP and WebSocket routes have in common: noted changes, and answering on their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette._exception_handler import wrap_app_handling_exceptions
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from pronghorn.compile.http import Handler
from pronghorn.datastructures import DefaultPlaceholder
from pronghorn.revisions import declared
from pronghorn.run.exchange import Exchange

if TYPE_CHECKING:
    from pronghorn.compile.app import Overrides


class Declared:
    """Notes changes of a route's attributes, so that it is planned again."""

    revision: int = 0
    original_route: Any = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if not name.startswith("_"):
            self.__dict__["_plan"] = None
            self.__dict__["revision"] = declared()

    def _set(self, **attributes: Any) -> None:
        """Set attributes that are no declaration."""
        self.__dict__.update(attributes)

    def _set_path(self, path: str) -> None:
        regex, path_format, convertors = compile_path(path)
        self._set(path=path, path_regex=regex, path_format=path_format)
        self._set(param_convertors=convertors)


class RouteApp:
    """A route outside of our own routers: any ASGI router can hand a request to it."""

    def __init__(self, route: Any) -> None:
        self._route = route
        self._overrides: Any = None
        self._handler: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        overrides = current_overrides(self._route)
        if self._handler is None or overrides != self._overrides:
            self._handler = self._route.compile_handler(overrides)
            self._overrides = dict(overrides)
        exchange = Exchange(scope, receive, send)

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            exchange.send = send
            await self._handler(exchange, scope.get("path_params", {}))

        await wrap_app_handling_exceptions(answer, exchange.connection)(scope, receive, send)


def asgi_handler(route: Any) -> Handler:
    """A handler for a route that answers as an ASGI application of its own making."""

    async def handler(exchange: Exchange, path: Mapping[str, Any]) -> None:
        await route.handle(exchange.scope, exchange.receive, exchange.tracked_send)

    return handler


def current_overrides(route: Any) -> Overrides:
    """The dependency overrides that are in force for a route."""
    return getattr(route.dependency_overrides_provider, "dependency_overrides", None) or {}


def value_of(option: Any) -> Any:
    """An option's value, whether it was written or is the default."""
    return option.value if isinstance(option, DefaultPlaceholder) else option
