"""WebSocket route objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

from starlette.routing import WebSocketRoute, get_name
from typing_extensions import Unpack

from pronghorn.compile.steps import bind_app_values
from pronghorn.compile.websocket import compile_websocket
from pronghorn.core.monkeypatches import ROUTING, is_replaced, original
from pronghorn.core.revisions import bump_revision
from pronghorn.core.typed_kwargs import is_plainly_made, route_signature
from pronghorn.declare.option_checks import check_dependencies, check_origins
from pronghorn.declare.options import WebSocketRouteOptions
from pronghorn.hooks import Handler
from pronghorn.params import Depends
from pronghorn.plan.dependencies import Overrides
from pronghorn.plan.model import WebSocketPlan
from pronghorn.plan.route import override_dependencies, plan_websocket
from pronghorn.routes.asgi_apps import WEBSOCKET_FUNCTIONS, make_websocket_handler
from pronghorn.routes.base import ENGINE, OF_ROUTE, OWN_HANDLES
from pronghorn.routes.plan_views import NO_VIEWS, GraphView


class APIWebSocketRoute(GraphView, WebSocketRoute):
    """One WebSocket route.

    Args:
        path: The path, with parameters in braces; begins with `/`.
        endpoint: The coroutine function that serves connections.
        name: The name for `url_path_for`; by default the name of the endpoint.
        dependency_overrides_provider: An object with a `dependency_overrides` mapping, usually the
            application.
        options: See `WebSocketRouteOptions`.
    """

    _declarations = OF_ROUTE | {"name", "dependency_overrides_provider"}
    path: str
    endpoint: Callable[..., Any]
    name: str
    dependencies: list[Depends]
    dependency_overrides_provider: Any
    websocket_origins: Sequence[str] | None
    _app: Any

    @route_signature(WebSocketRouteOptions)
    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        name: str | None = None,
        dependency_overrides_provider: Any = None,
        **options: Unpack[WebSocketRouteOptions],
    ) -> None:
        dependencies = options.get("dependencies") or ()
        origins = options.get("websocket_origins")
        self._declare(path, endpoint, name, dependencies, dependency_overrides_provider, origins)

    def _declare(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None,
        dependencies: Iterable[Any],
        provider: Any,
        origins: Sequence[str] | None = None,
    ) -> None:
        """Keep a declaration, and plan it if its types are defined."""
        self._set(_plan=None, _app=None, _original_route=None, endpoint=endpoint)
        self._set(**NO_VIEWS, **ENGINE)
        self._set(name=name or get_name(endpoint))
        check_dependencies(dependencies)
        check_origins("websocket_origins", origins)
        self._set(dependencies=list(dependencies), websocket_origins=origins)
        self._set(dependency_overrides_provider=provider)
        self._set_path(path)
        self._set(_revision=bump_revision())
        self._plan_early()

    @property
    def plan(self) -> WebSocketPlan:
        """The frozen facts about this route, renewed after a change."""
        plan = self.__dict__["_plan"]
        if plan is None:
            revision = self._revision
            plan = plan_websocket(
                self.path,
                self.path_format,
                frozenset(self.param_convertors),
                self.endpoint,
                self.name,
                tuple(self.dependencies),
            )
            plan = self._keep_plan(self._with_graph(plan), revision)
        return plan  # type: ignore[no-any-return]  # __dict__ is untyped

    def _copy_for_inclusion(self, outer: Mapping[str, Any], provider: Any) -> Self:
        """Return a copy of this route for an outer router; see `APIRoute._copy_for_inclusion`."""
        dependencies = [*(outer.get("dependencies") or ()), *self.dependencies]
        origins = self.websocket_origins
        if origins is None:
            origins = outer.get("websocket_origins")
        changes = {"dependencies": dependencies, "websocket_origins": origins}
        return self._copy_for(outer.get("prefix", ""), provider, changes)

    def _own_handler(self, overrides: Overrides) -> Handler:
        """Return the handler of this route alone, without an application around it."""
        application = self.dependency_overrides_provider
        if is_replaced(ROUTING, *WEBSOCKET_FUNCTIONS):
            handler = make_websocket_handler(self)
        else:
            plan = override_dependencies(self.plan, overrides)
            handler = compile_websocket(bind_app_values(plan, application))
        from pronghorn.compile.origins import check_origin, origins_of  # See `_with_origins`.

        return check_origin(handler, origins_of(self, application))


OWN_HANDLES.add(original(WebSocketRoute, "handle"))


def make_websocket_route(
    kind: type[APIWebSocketRoute],
    path: str,
    endpoint: Callable[..., Any],
    name: str | None,
    dependencies: list[Any],
    provider: Any,
    origins: Sequence[str] | None = None,
) -> APIWebSocketRoute:
    """Return a new route of a class, whose path and options are already checked."""
    if is_plainly_made(kind):
        route = kind.__new__(kind)
        route._declare(path, endpoint, name, dependencies, provider, origins)
        return route
    # A library has replaced the constructor, or put a class with its own in place.
    return kind(
        path,
        endpoint=endpoint,
        name=name,
        dependencies=dependencies,
        dependency_overrides_provider=provider,
        **({} if origins is None else {"websocket_origins": origins}),
    )
