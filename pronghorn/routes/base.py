"""What HTTP and WebSocket routes have in common: noted changes, and answering on their own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from starlette.types import Receive, Scope, Send

from pronghorn.compile.compiled_routes import asgi_handler
from pronghorn.core.path_patterns import PathRegex, path_format_of
from pronghorn.core.private_names import optional
from pronghorn.core.revisions import bump_revision, current_revision, oldest_valid_revision
from pronghorn.datastructures import DefaultPlaceholder
from pronghorn.exceptions import SetupNameError
from pronghorn.hooks import Handler
from pronghorn.plan.check import parse_path
from pronghorn.plan.dependencies import Overrides
from pronghorn.run.output.head import exchange_of

#: Attributes that decide the dependency graph.
OF_GRAPH = frozenset({"endpoint", "path", "path_format", "param_convertors", "dependencies"})
#: Those, and what decides which paths the route matches.
OF_ROUTE = OF_GRAPH | {"path_regex"}
#: What belongs to one route object, and not to a copy of it.
ENGINE: dict[str, Any] = {"_own_app": None, "_custom": None}
#: The `handle` of our own route classes, and of Starlette's below them.
OWN_HANDLES: set[Any] = set()
#: What a deep copy shares: code, and the application itself.
SHARED = frozenset(
    {"endpoint", "dependency_overrides_provider", "generate_unique_id_function", "param_convertors"}
)
#: Lets the registered handlers answer the exceptions of an ASGI application.
wrap_app_handling_exceptions = optional(
    "starlette._exception_handler",
    "wrap_app_handling_exceptions",
    "Exceptions of a route that a library calls as an ASGI application reach the handlers of the "
    "application around it only.",
    lambda app, connection: app,
)


class Declared:
    """Notes changes of a route's attributes, so that it is planned again."""

    revision: int = 0
    original_route: Any = None
    #: Attributes that decide how the route is planned. Others are the program's own.
    declarations: frozenset[str] = frozenset()
    plan: Any
    handle: Callable[..., Any]
    #: What a library has put around this route; None for nothing.
    _app: Any
    path_regex: Any = PathRegex()
    #: True: nobody could plan this route yet when it was declared.
    _waits_for_types: bool = False

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in self.declarations:
            if name in OF_GRAPH and not self.__dict__.get("_graph_changed"):
                self._set(_graph=None)
            self.note()
        elif self.original_route is not None and not name.startswith("_"):
            # The program's own: a route class that counts or remembers is one object for it.
            vars(self.original_route)[name] = value

    def plan_early(self) -> Any:
        """The plan; None while a type that it needs does not exist yet (see `plan.forward`)."""
        try:
            return self.plan
        except SetupNameError:
            self._set(_waits_for_types=True)
            return None

    def note(self) -> None:
        """The declaration has changed: what was planned of it is not valid any more."""
        self._set(_plan=None, revision=bump_revision())

    def __copy__(self) -> Any:
        """Another route with the same declaration; it gets a graph and an engine of its own."""
        clone = type(self).__new__(type(self))
        clone._set(**self.__dict__)
        clone._set(**ENGINE, revision=current_revision())
        graph = clone._fresh_graph() if self.__dict__.get("_graph_changed") else None
        clone._set(_graph=None)
        if graph is not None:
            clone._keep_graph(graph)
        return clone

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """The same with lists and dicts of its own; plans and fields, never changed, are shared."""
        clone = memo[id(self)] = copy.copy(self)
        for name in (self.declarations & self.__dict__.keys()) - SHARED:
            clone._set(**{name: copy.deepcopy(self.__dict__[name], memo)})
        return clone

    def own_handler(self, overrides: Overrides) -> Handler:
        """Return the handler without what a library has put around this route."""
        raise NotImplementedError

    def compile_handler(self, overrides: Overrides) -> Handler:
        """Return the function that the router calls for this route, with overrides applied."""
        # Without `__func__`: an attribute of this object hides the method.
        is_own = getattr(self.handle, "__func__", None) in OWN_HANDLES
        return self.own_handler(overrides) if is_own and self._app is None else asgi_handler(self)

    @property
    def app(self) -> Any:
        """This route as an ASGI application: for its path, and for an operation its method."""
        if self._app is not None:
            return self._app
        if self.__dict__["_own_app"] is None:
            self._set(_own_app=RouteApp(self))
        return self.__dict__["_own_app"]

    @app.setter
    def app(self, app: Any) -> None:
        self._set(_app=None if self._is_own_app(app) else app, revision=bump_revision())

    def _is_own_app(self, app: Any) -> bool:
        """Return whether an application only does what this route does without it."""
        return False

    def _fresh_graph(self) -> Any:
        raise NotImplementedError

    def _keep_graph(self, graph: Any) -> None:
        raise NotImplementedError

    def _set(self, **attributes: Any) -> None:
        """Set attributes that are no declaration."""
        self.__dict__.update(attributes)

    def _set_path(self, path: str) -> None:
        known = path_format_of(path)
        for name in ("path_regex", "_own_regex"):
            self.__dict__.pop(name, None)
        if known is None:
            regex, path_format, convertors = parse_path(path)
            self._set(path_regex=regex, _own_regex=regex)
            known = (path_format, convertors)
        self._set(path=path, path_format=known[0], param_convertors=known[1], _matched_path=path)

    def _share_pattern(self, other: Declared) -> None:
        """Take over the pattern that another route has compiled of the same path."""
        regex = other.__dict__.get("_own_regex")
        if regex is not None and other.__dict__["_matched_path"] == self.__dict__["_matched_path"]:
            self._set(path_regex=regex, _own_regex=regex)


class RouteApp:
    """A route outside of our own routers: any ASGI router can hand a request to it."""

    def __init__(self, route: Any) -> None:
        self._route = route
        self._compile = getattr(route, "own_handler", route.compile_handler)
        self._overrides: Any = None
        self._handler: Any = None
        self._seen = -1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        overrides = current_overrides(self._route)
        valid_since = max(getattr(self._route, "revision", 0), oldest_valid_revision())
        if self._seen < valid_since or overrides != self._overrides:
            self._handler = self._compile(overrides)
            self._overrides, self._seen = dict(overrides), valid_since
        exchange = exchange_of(scope, receive, send)

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            exchange.send = send
            await self._handler(exchange, scope.get("path_params", {}))

        try:
            await wrap_app_handling_exceptions(answer, exchange.connection)(scope, receive, send)
        finally:
            await exchange.close_files()


def current_overrides(route: Any) -> Overrides:
    """The dependency overrides that are in force for a route."""
    return getattr(route.dependency_overrides_provider, "dependency_overrides", None) or {}


def value_of(option: Any) -> Any:
    """An option's value, whether it was written or is the default."""
    return option.value if isinstance(option, DefaultPlaceholder) else option
