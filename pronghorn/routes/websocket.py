"""WebSocket route objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from starlette.routing import WebSocketRoute, get_name
from typing_extensions import Unpack

from pronghorn.compile.http_route import Handler
from pronghorn.core.monkeypatches import replaced
from pronghorn.core.revisions import declared
from pronghorn.core.typed_kwargs import expanded_signature
from pronghorn.declare.options import WebSocketOptions
from pronghorn.plan.check import check_dependencies
from pronghorn.plan.model import WebSocketPlan
from pronghorn.plan.route import override_dependencies, plan_websocket
from pronghorn.routes.asgi_apps import WEBSOCKET_FUNCTIONS, replaced_websocket_handler
from pronghorn.routes.base import ENGINE, OF_ROUTE, RouteApp, asgi_handler
from pronghorn.routes.plan_views import NO_VIEWS, GraphView

if TYPE_CHECKING:
    from pronghorn.compile.dispatch import Overrides


class APIWebSocketRoute(GraphView, WebSocketRoute):
    """One WebSocket route.

    Args:
        path: The path, with parameters in braces; begins with ``/``.
        endpoint: The coroutine function that serves connections.
        name: The name for ``url_path_for``; by default the name of the endpoint.
    """

    declarations = OF_ROUTE | {"name", "dependency_overrides_provider"}
    dependencies: list[Any]
    dependency_overrides_provider: Any
    _app: Any

    @expanded_signature(WebSocketOptions)
    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        name: str | None = None,
        dependency_overrides_provider: Any = None,
        **options: Unpack[WebSocketOptions],
    ) -> None:
        self._set(_plan=None, _app=None, original_route=None, endpoint=endpoint)
        self._set(**NO_VIEWS, **ENGINE)
        self._set(name=name or get_name(endpoint))
        self._set(dependencies=list(options.get("dependencies") or ()))
        check_dependencies(self.dependencies)
        self._set(dependency_overrides_provider=dependency_overrides_provider)
        self._set_path(path)
        self._set(revision=declared())
        self.plan_early()

    @property
    def plan(self) -> WebSocketPlan:
        """The frozen facts about this route; made again after a change."""
        plan = self.__dict__["_plan"]
        if plan is None:
            plan = plan_websocket(
                self.path,
                self.path_format,
                frozenset(self.param_convertors),
                self.endpoint,
                self.name,
                tuple(self.dependencies),
            )
            plan = self._with_graph(plan)
            self._set(_plan=plan)
        return plan  # type: ignore[no-any-return]  # __dict__ is untyped

    def included(self, outer: Mapping[str, Any], provider: Any) -> Self:
        """This route as it is inside an outer level; see `APIRoute.included`."""
        dependencies = [*(outer.get("dependencies") or ()), *self.dependencies]
        return self._copy_for(outer.get("prefix", ""), provider, {"dependencies": dependencies})

    def compile_handler(self, overrides: Overrides) -> Handler:
        """The function that the router calls for this route, with overrides applied."""
        if self._app is not None or type(self).handle is not APIWebSocketRoute.handle:
            return asgi_handler(self)
        return self.own_handler(overrides)

    def own_handler(self, overrides: Overrides) -> Handler:
        """The same without what a library has put around this route as an ASGI application."""
        if replaced(*WEBSOCKET_FUNCTIONS):
            return replaced_websocket_handler(self)
        from pronghorn.compile.websocket import compile_websocket  # Few programs have any.

        return compile_websocket(override_dependencies(self.plan, overrides))

    @property
    def app(self) -> Any:
        """This route as an ASGI application, for its path."""
        if self._app is not None:
            return self._app
        if self.__dict__["_own_app"] is None:
            self._set(_own_app=RouteApp(self))
        return self.__dict__["_own_app"]

    @app.setter
    def app(self, app: Any) -> None:
        self._set(_app=app, revision=declared())
