"""The common base of HTTP and WebSocket routes.

A route notices when one of its attributes changes, and can serve requests without its router.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from threading import get_ident
from types import MethodType
from typing import Any

from starlette.types import Receive, Scope, Send

from pronghorn.compile.compiled_routes import asgi_handler
from pronghorn.core.path_patterns import PathRegex, path_format_of
from pronghorn.core.private_names import optional
from pronghorn.core.revisions import (
    CHANGING,
    bump_revision,
    current_revision,
    oldest_valid_revision,
)
from pronghorn.datastructures import DefaultPlaceholder
from pronghorn.exceptions import SetupNameError
from pronghorn.hooks import Handler
from pronghorn.plan.check import parse_path
from pronghorn.plan.dependencies import Overrides
from pronghorn.run.output.head import exchange_of

#: Attributes on which the dependency graph depends.
OF_GRAPH = frozenset({"endpoint", "path", "path_format", "param_convertors", "dependencies"})
#: The attributes of the graph, and the pattern of the paths that the route matches.
OF_ROUTE = OF_GRAPH | {"path_regex"}
#: Attributes that a copy of a route does not take over, with their first values.
ENGINE: dict[str, Any] = {"_own_app": None, "_custom": None}
#: The `handle` methods of our own route classes, and of the Starlette classes below them.
OWN_HANDLES: set[Any] = set()
#: Attributes that a deep copy shares with the original: code, and the application itself.
SHARED = frozenset(
    {"endpoint", "dependency_overrides_provider", "generate_unique_id_function", "param_convertors"}
)
#: Wraps an ASGI application so that the registered handlers handle its exceptions.
wrap_app_handling_exceptions = optional(
    "starlette._exception_handler",
    "wrap_app_handling_exceptions",
    "Exceptions of a route that a library calls as an ASGI application reach the handlers of the "
    "application around it only.",
    lambda app, connection: app,
)


class Declared:
    """A route that is planned again after one of its attributes has changed."""

    _revision: int = 0
    _original_route: Any = None
    #: Attributes on which the plan depends. Others belong to the program.
    _declarations: frozenset[str] = frozenset()
    plan: Any
    handle: Callable[..., Any]
    #: The application that a library has put around this route, or None.
    _app: Any
    path_regex: Any = PathRegex()
    #: True if this route could not be planned yet when it was declared.
    _waits_for_types: bool = False

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in self._declarations:
            if name in OF_GRAPH and not self.__dict__.get("_graph_changed"):
                self._set(_graph=None)
            self._note()
        elif self._original_route is not None and not name.startswith("_"):
            # The program's own attribute. A route class that counts or caches sees one object,
            # however often the route is included.
            vars(self._original_route)[name] = value

    def _plan_early(self) -> Any:
        """Return the plan, or None while a type in it is undefined (see `plan.forward`)."""
        try:
            return self.plan
        except SetupNameError:
            self._set(_waits_for_types=True)
            return None

    def _note(self) -> None:
        """Discard the plan, because the declaration has changed."""
        with CHANGING:
            self._set(_plan=None, _revision=bump_revision(), _noted_in=get_ident())

    def _keep_plan(self, plan: Any, revision: int) -> Any:
        """Keep a plan unless another thread has changed the declaration, or planned it, meanwhile.

        Args:
            plan: The plan.
            revision: The revision of this route before the plan was made.

        Returns:
            The plan to use now.
        """
        with CHANGING:
            known = self.__dict__["_plan"]
            if known is not None:
                return known
            # A function of the program that plans call, such as that of the operation ID, may
            # change the route itself.
            if self._revision == revision or self.__dict__.get("_noted_in") == get_ident():
                self._set(_plan=plan)
        return plan

    def __copy__(self) -> Any:
        """Return another route with the same declaration, but its own graph and engine."""
        clone = type(self).__new__(type(self))
        clone._set(**self.__dict__)
        clone._set(**ENGINE, _revision=current_revision())
        graph = clone._fresh_graph() if self.__dict__.get("_graph_changed") else None
        clone._set(_graph=None)
        if graph is not None:
            clone._keep_graph(graph)
        return clone

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Return a copy with its own lists and dicts, which shares the frozen plans and fields."""
        clone = memo[id(self)] = copy.copy(self)
        for name in (self._declarations & self.__dict__.keys()) - SHARED:
            clone._set(**{name: copy.deepcopy(self.__dict__[name], memo)})
        return clone

    def _own_handler(self, overrides: Overrides) -> Handler:
        """Return the handler of this route alone, without an application around it."""
        raise NotImplementedError

    def _compile_handler(self, overrides: Overrides) -> Handler:
        """Return the function that the router calls for this route, with overrides applied."""
        # Another object than a method hides it, or stands around it: wrapt's pretend to be it.
        handle = self.handle
        is_own = type(handle) is MethodType and handle.__func__ in OWN_HANDLES
        return self._own_handler(overrides) if is_own and self._app is None else asgi_handler(self)

    @property
    def app(self) -> Any:
        """This route as an ASGI application, called once path and method have matched."""
        if self._app is not None:
            return self._app
        if self.__dict__["_own_app"] is None:
            self._set(_own_app=RouteApp(self))
        return self.__dict__["_own_app"]

    @app.setter
    def app(self, app: Any) -> None:
        self._set(_app=None if self._is_own_app(app) else app, _revision=bump_revision())

    def _is_own_app(self, app: Any) -> bool:
        """Return True if an application only does what this route does without it."""
        return False

    def _fresh_graph(self) -> Any:
        raise NotImplementedError

    def _keep_graph(self, graph: Any) -> None:
        raise NotImplementedError

    def _set(self, **attributes: Any) -> None:
        """Set attributes without discarding the plan."""
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
        self._set(_begins_with=path.partition("{")[0])

    def _is_beyond(self, scope: Scope) -> bool:
        """Return True if the path of a request cannot be this route's, by the text it begins with.

        Libraries that name a request try the routes one by one.
        """
        own = self.__dict__
        return not (
            scope["path"].startswith(own.get("_begins_with", ""))
            or scope.get("root_path")
            or own.get("path_regex") is not own.get("_own_regex")
        )

    def _share_pattern(self, other: Declared) -> None:
        """Use the pattern of another route if that route has compiled it from the same path."""
        regex = other.__dict__.get("_own_regex")
        if regex is not None and other.__dict__["_matched_path"] == self.__dict__["_matched_path"]:
            self._set(path_regex=regex, _own_regex=regex)


class RouteApp:
    """A route as an ASGI application, for routers other than ours."""

    def __init__(self, route: Any) -> None:
        self._route = route
        self._compile = getattr(route, "_own_handler", route._compile_handler)
        self._overrides: Any = None
        self._handler: Any = None
        self._seen = -1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        overrides = current_overrides(self._route)
        valid_since = max(getattr(self._route, "_revision", 0), oldest_valid_revision())
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
    """Return the dependency overrides that currently apply to a route."""
    return getattr(route.dependency_overrides_provider, "dependency_overrides", None) or {}


def value_of(option: Any) -> Any:
    """Return the value of an option, without the placeholder that marks a default."""
    return option.value if isinstance(option, DefaultPlaceholder) else option
