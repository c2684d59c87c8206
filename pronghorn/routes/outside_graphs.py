"""The graphs of the functions that an application calls outside of requests, made when needed."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import wraps
from typing import Any
from weakref import WeakSet

from pronghorn.compile.outside import Graph, open_graph
from pronghorn.compile.outside_threads import call_in_thread
from pronghorn.core.annotations import read_annotations, read_outer_signature
from pronghorn.core.kinds import GENERATORS, CallKind
from pronghorn.core.revisions import current_revision
from pronghorn.core.setup_errors import (
    add_place,
    describe_callable,
    describe_value,
    setup_error,
    user_error,
)
from pronghorn.exceptions import SetupError, SetupNameError, SetupTypeError
from pronghorn.params import Depends
from pronghorn.plan.model import CallPlan
from pronghorn.plan.outside import (
    VALUE,
    override_outside,
    plan_injected,
    plan_resolved,
    read_marker,
)
from pronghorn.plan.signature import call_kind
from pronghorn.routes.app_scope import find_leaves

#: The number of dependencies whose graphs an application keeps for `resolve`.
KEPT_GRAPHS = 256


@asynccontextmanager
async def open_value(graph: Graph) -> AsyncIterator[Any]:
    """Open a graph of `app.resolve`; return the value of its dependency."""
    async with open_graph(graph) as arguments:
        yield arguments[VALUE]


class Outside:
    """The graphs that one application uses outside of requests.

    Args:
        application: The application.
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self.functions: WeakSet[Injection] = WeakSet()
        self._graphs: dict[Any, Graph] = {}
        self._made_for: tuple[int, Mapping[Any, Any]] = (-1, {})

    def open(self, dependency: Any) -> AbstractAsyncContextManager[Any]:
        """Return the context manager of one dependency; see `FastAPI.resolve`."""
        return open_value(self.graph_of(dependency))

    def list_injected_graphs(self) -> list[CallPlan]:
        """Return the graphs of all functions with `@app.inject`, with overrides in place."""
        return [each.graph(frozenset()).root for each in self.functions]

    def graph_of(self, dependency: Any) -> Graph:
        """Return the graph of one dependency, from a cache until a declaration has changed."""
        overrides = self.application.dependency_overrides
        if self._made_for != (current_revision(), overrides) or len(self._graphs) > KEPT_GRAPHS:
            self._graphs = {}
            self._made_for = (current_revision(), dict(overrides))
        graphs = self._graphs
        try:
            known = graphs.get(dependency)
        except TypeError:  # It cannot be the key of a dictionary.
            return self._make_graph(dependency)
        if known is None:
            known = graphs[dependency] = self._make_graph(dependency)
        return known

    def _make_graph(self, dependency: Any) -> Graph:
        marker = self._marker(dependency)
        name = f"app.resolve({getattr(marker.dependency, '__name__', '...')})"
        try:
            root = override_outside(plan_resolved(marker), self.application.dependency_overrides)
        except SetupError as error:
            add_place(error, name)
            raise
        return Graph(root, self.application._app_values, f"the block of {name}")

    def _marker(self, dependency: Any) -> Depends:
        """Return the marker of a dependency; with `scope="app"` if the application uses it so."""
        own = self.application._app_values
        leaves = find_leaves(self.application.router) if callable(dependency) else []
        for values, leaf in leaves:
            marker = leaf.marker
            if values is own and marker is not None and marker.dependency == dependency:
                return marker
        return read_marker(dependency)

    def inject(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that receives dependencies; see `FastAPI.inject`."""
        given: Any = function
        if not callable(given) or inspect.isclass(given):
            raise user_error(
                f"@app.inject takes a function, not {describe_value(function)}",
                "the decorator was called, or stands above a class",
                "@app.inject above a function, without parentheses",
                kind=SetupTypeError,
            )
        kind = call_kind(function)
        if kind in GENERATORS:
            raise setup_error(
                "@app.inject cannot call a function that yields",
                f"{getattr(function, '__name__', 'the function')} is a generator",
                "async with app.resolve(get_session) as session: inside of it",
                where=describe_callable(function),
                kind=SetupTypeError,
            )
        injection = Injection(self.application, function)
        self.functions.add(injection)
        return injection.wrap(is_coroutine=kind is CallKind.COROUTINE)


class Injection:
    """One function with `@app.inject`.

    It is planned when it is declared, or, if a type in it is not defined yet, at its first use.

    Args:
        application: The application.
        function: The function.
    """

    def __init__(self, application: Any, function: Callable[..., Any]) -> None:
        self._application = application
        self._function = function
        self._signature = read_outer_signature(function)
        self._graphs: dict[frozenset[str], Graph] = {}
        self._overrides: Mapping[Any, Any] = {}
        #: The signature without the injected parameters.
        self._shown_signature = self._signature
        self._wrapper: Any = None
        self._root = self._plan(is_last_time=False)

    def _plan(self, *, is_last_time: bool) -> CallPlan | None:
        try:
            return plan_injected(self._function, is_last_time=is_last_time)
        except SetupNameError:
            if is_last_time:
                raise
            return None
        except SetupError as error:
            add_place(error, f"@app.inject, {describe_callable(self._function)}")
            raise

    @property
    def root(self) -> CallPlan:
        """The plan of the function, without overrides."""
        found: Any = self._root
        if found is None:
            found = self._root = self._plan(is_last_time=True)
            self._shorten_signature()
        return found  # type: ignore[no-any-return]  # the last time there is a plan

    def graph(self, given: frozenset[str]) -> Graph:
        """Return the graph for a call.

        Args:
            given: The injected parameters that the caller passes itself.
        """
        overrides = self._application.dependency_overrides
        if overrides != self._overrides:
            self._graphs = {}
            self._overrides = dict(overrides)
        graphs = self._graphs
        found = graphs.get(given)
        if found is None:
            found = graphs[given] = self._make_graph(given)
        return found

    def _make_graph(self, given: frozenset[str]) -> Graph:
        root = self.root
        kept = tuple(item for item in root.dependencies if item.argument not in given)
        root = CallPlan(call=root.call, kind=root.kind, dependencies=kept)
        root = override_outside(root, self._application.dependency_overrides)
        return Graph(root, self._application._app_values)

    def wrap(self, *, is_coroutine: bool) -> Callable[..., Any]:
        """Return the function that programs call."""
        function = self._function

        async def call_async(*args: Any, **keywords: Any) -> Any:
            graph, bound = self._prepare(args, keywords)
            async with open_graph(graph) as arguments:
                bound.arguments.update(arguments)
                found = self._complete(bound)
                return await function(*found.args, **found.kwargs)

        def call(*args: Any, **keywords: Any) -> Any:
            graph, bound = self._prepare(args, keywords)

            def use(arguments: Mapping[str, Any]) -> Any:
                bound.arguments.update(arguments)
                found = self._complete(bound)
                return function(*found.args, **found.kwargs)

            return call_in_thread(graph, use)

        self._wrapper = wraps(function)(call_async if is_coroutine else call)
        if self._root is not None:
            self._shorten_signature()
        return self._wrapper  # type: ignore[no-any-return]  # one of the two functions above

    def _shorten_signature(self) -> None:
        """Leave the injected parameters out of what tools read, such as command line libraries."""
        names = self._list_injected()
        self._shown_signature = self._without(names)
        if self._wrapper is not None:
            self._wrapper.__signature__ = self._shown_signature
            kept = read_annotations(self._function).items()
            self._wrapper.__annotations__ = {k: note for k, note in kept if k not in names}

    def _list_injected(self) -> set[str]:
        return {item.argument for item in self.root.dependencies if item.argument is not None}

    def _without(self, names: set[str]) -> inspect.Signature:
        parameters = self._signature.parameters.values()
        kept = [item for item in parameters if item.name not in names]
        return self._signature.replace(parameters=kept)

    def _prepare(
        self, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[Graph, inspect.BoundArguments]:
        """Return the graph of a call, and what its caller passes."""
        injected = self._list_injected()
        given = {name: keywords.pop(name) for name in injected & keywords.keys()}
        try:
            bound = self._shown_signature.bind(*args, **keywords)
        except TypeError as error:
            raise TypeError(f"{getattr(self._function, '__name__', '')}() {error}") from None
        bound.arguments.update(given)
        return self.graph(frozenset(given)), bound

    def _complete(self, bound: inspect.BoundArguments) -> inspect.BoundArguments:
        """Return the arguments of the function in the order of its own signature."""
        found: dict[str, Any] = {}
        for name, parameter in self._signature.parameters.items():
            if name in bound.arguments:
                found[name] = bound.arguments[name]
            elif parameter.default is not inspect.Parameter.empty:
                found[name] = parameter.default
        return inspect.BoundArguments(self._signature, found)
