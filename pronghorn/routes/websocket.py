"""WebSocket route objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from starlette.routing import WebSocketRoute, get_name
from typing_extensions import Unpack

from pronghorn.compile.steps import bind_app_values
from pronghorn.compile.websocket import compile_websocket
from pronghorn.core.monkeypatches import ROUTING, is_replaced, original
from pronghorn.core.revisions import bump_revision
from pronghorn.core.typed_kwargs import is_plainly_made, route_signature
from pronghorn.declare.option_checks import check_dependencies
from pronghorn.declare.options import WebSocketOptions
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
        options: See `WebSocketOptions`.
    """

    _declarations = OF_ROUTE | {"name", "dependency_overrides_provider"}
    path: str
    endpoint: Callable[..., Any]
    name: str
    dependencies: list[Depends]
    dependency_overrides_provider: Any
    _app: Any

    @route_signature(WebSocketOptions)
    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        name: str | None = None,
        dependency_overrides_provider: Any = None,
        **options: Unpack[WebSocketOptions],
    ) -> None:
        dependencies = options.get("dependencies") or ()
        self._declare(path, endpoint, name, dependencies, dependency_overrides_provider)

    def _declare(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None,
        dependencies: Iterable[Any],
        provider: Any,
    ) -> None:
        """Keep a declaration, and plan it if its types are defined."""
        self._set(_plan=None, _app=None, _original_route=None, endpoint=endpoint)
        self._set(**NO_VIEWS, **ENGINE)
        self._set(name=name or get_name(endpoint))
        check_dependencies(dependencies)
        self._set(dependencies=list(dependencies))
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
        return self._copy_for(outer.get("prefix", ""), provider, {"dependencies": dependencies})

    def _own_handler(self, overrides: Overrides) -> Handler:
        """Return the handler of this route alone, without an application around it."""
        if is_replaced(ROUTING, *WEBSOCKET_FUNCTIONS):
            return make_websocket_handler(self)

        plan = override_dependencies(self.plan, overrides)
        return compile_websocket(bind_app_values(plan, self.dependency_overrides_provider))


OWN_HANDLES.add(original(WebSocketRoute, "handle"))


def make_websocket_route(
    kind: type[APIWebSocketRoute],
    path: str,
    endpoint: Callable[..., Any],
    name: str | None,
    dependencies: list[Any],
    provider: Any,
) -> APIWebSocketRoute:
    """Return a new route of a class, whose path and options are already checked."""
    if is_plainly_made(kind):
        route = kind.__new__(kind)
        route._declare(path, endpoint, name, dependencies, provider)
        return route
    # A library has replaced the constructor, or put a class with its own in place.
    return kind(
        path,
        endpoint=endpoint,
        name=name,
        dependencies=dependencies,
        dependency_overrides_provider=provider,
    )
