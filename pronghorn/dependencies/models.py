"""The dependency graph that libraries read and change: a view of the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pronghorn.core.kinds import GENERATORS, LOCATIONS, Injected, InjectedKind
from pronghorn.core.records import replace
from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.revisions import NotedList
from pronghorn.core.security_scopes import join_scopes
from pronghorn.fields.field import Field
from pronghorn.params import Depends, Security
from pronghorn.plan.dependencies import result_key
from pronghorn.plan.model import CallPlan
from pronghorn.plan.signature import call_kind


class Changes:
    """A counter of the changes of one graph, which calls `notify` after each."""

    __slots__ = ("count", "notify")

    def __init__(self, notify: Callable[[], None] | None = None) -> None:
        self.count = 0
        self.notify = notify

    def note(self) -> None:
        """Count one change of the graph and notify the owner."""
        self.count += 1
        if self.notify is not None:
            self.notify()

    def __deepcopy__(self, memo: Any) -> Changes:
        return Changes()  # A copy of a graph does not have an owner yet.


class GraphList(NotedList):
    """A list inside a graph; it reports its changes, and those of its graphs, to `changes`."""

    changes: Changes | None = None

    def note_change(self) -> None:
        """Report the change, and start to report the changes of new graphs in the list."""
        if self.changes is not None:
            _adopt_all(self, self.changes)
            self.changes.note()


@dataclass(slots=True)
class Dependant:
    """One callable with its parameters and its dependencies.

    `route.dependant` may be changed in place, even after the first request: the next request
    follows the changed graph.
    """

    path_params: list[Field] = field(default_factory=list)
    query_params: list[Field] = field(default_factory=list)
    header_params: list[Field] = field(default_factory=list)
    cookie_params: list[Field] = field(default_factory=list)
    body_params: list[Field] = field(default_factory=list)
    dependencies: list[Dependant] = field(default_factory=list)
    name: str | None = None
    call: Callable[..., Any] | None = None
    request_param_name: str | None = None
    websocket_param_name: str | None = None
    http_connection_param_name: str | None = None
    response_param_name: str | None = None
    background_tasks_param_name: str | None = None
    security_scopes_param_name: str | None = None
    trigger_param_name: str | None = None
    own_oauth_scopes: list[str] | None = None
    parent_oauth_scopes: list[str] | None = None
    use_cache: bool = True
    path: str | None = None
    scope: str | None = None
    concurrency: Any = None
    #: The planned call that this is a view of; None for a graph that a library created itself.
    _origin: CallPlan | None = field(default=None, repr=False, compare=False)
    #: The name of the route in error messages: `GET /items/{item_id}`.
    _label: str = field(default="", repr=False, compare=False)
    _changes: Changes | None = field(default=None, repr=False, compare=False)
    #: The calls that `solve_dependencies` prepared for the graph, until the graph changes.
    _prepared: Any = field(default=None, repr=False, compare=False)

    def __setattr__(self, name: str, value: Any) -> None:
        changes = None if name.startswith("_") else getattr(self, "_changes", None)
        if changes is not None and isinstance(value, list):
            value = watch_list(value, changes)
        object.__setattr__(self, name, value)
        if changes is not None:
            changes.note()

    @classmethod
    def from_plan(cls, plan: CallPlan, path: str | None) -> Dependant:
        """Return a view of one planned call and its dependencies."""
        names = {item.kind: item.name for item in plan.injected}
        marker = plan.marker
        injected: dict[str, Any] = {kind.attribute: names.get(kind) for kind in InjectedKind}
        return cls(
            path_params=list(plan.path_fields),
            query_params=list(plan.query_fields),
            header_params=list(plan.header_fields),
            cookie_params=list(plan.cookie_fields),
            body_params=list(plan.body_fields),
            **injected,
            dependencies=[cls.from_plan(item, path) for item in plan.dependencies],
            name=plan.argument,
            call=plan.call,
            own_oauth_scopes=list(plan.own_scopes) or None,
            parent_oauth_scopes=list(plan.passed_scopes[: -len(plan.own_scopes) or None]) or None,
            use_cache=plan.use_cache,
            path=path,
            scope=marker.scope if marker is not None else None,
            concurrency=marker._concurrency if marker is not None else None,
            _origin=plan,
        )

    def adopt(self, changes: Changes) -> None:
        """Report the changes of this graph, and of graphs added to it later, to `changes`."""
        for name in (*(f"{place}_params" for place in LOCATIONS), "dependencies"):
            object.__setattr__(self, name, watch_list(getattr(self, name), changes))
        object.__setattr__(self, "_changes", changes)

    def to_plan(self, *, is_dependency: bool = False) -> CallPlan:
        """Return a plan of the call that this graph describes, with its dependencies.

        Args:
            is_dependency: The graph is part of another graph, where its result may be shared.
        """
        origin = self._origin
        dependencies = tuple(item.to_plan(is_dependency=True) for item in self.dependencies)
        fits = origin is not None and (origin.marker is not None or not is_dependency)
        if origin is not None and fits and self._shows(origin, dependencies):
            return origin
        return self._make_plan(dependencies, is_dependency)

    @property
    def oauth_scopes(self) -> list[str]:
        """The OAuth 2.0 scopes that the dependents of this call require, and its own new ones."""
        return list(join_scopes(self.parent_oauth_scopes or (), self.own_oauth_scopes or ()))

    def _shows(self, plan: CallPlan, dependencies: tuple[CallPlan, ...]) -> bool:
        """Return whether this node is still equal to the plan from which it was made."""
        fields = all(
            tuple(getattr(self, f"{place}_params")) == getattr(plan, f"{place}_fields")
            for place in LOCATIONS
        )
        return (
            fields
            and self.call is plan.call
            and dependencies == plan.dependencies
            and self._list_injected() == plan.injected
            and self.name == plan.argument
            and self.use_cache == plan.use_cache
            and tuple(self.own_oauth_scopes or ()) == plan.own_scopes
        )

    def _list_injected(self) -> tuple[Injected, ...]:
        names = ((getattr(self, kind.attribute), kind) for kind in InjectedKind)
        found = {name: Injected(name, kind) for name, kind in names if name is not None}
        known = self._origin.injected if self._origin is not None else ()
        if set(known) == set(found.values()):
            return known  # The same members, but in the order of the signature.
        return tuple(found.values())

    def _make_plan(self, dependencies: tuple[CallPlan, ...], is_dependency: bool) -> CallPlan:
        origin, call = self._origin, self.call
        if call is None:
            raise TypeError("A Dependant without a `call` describes nothing that could be called")
        unchanged = origin is not None and origin.call is call
        kind = call_kind(call)
        marker = origin.marker if origin is not None else None
        if marker is None and is_dependency:
            marker = self._marker()
        declared = marker.dependency if unchanged and marker is not None else call
        lifetime = self.scope or ("request" if kind in GENERATORS else None)
        plan = CallPlan(
            call=call,
            kind=kind,
            argument=self.name,
            path_fields=tuple(self.path_params),
            query_fields=tuple(self.query_params),
            header_fields=tuple(self.header_params),
            cookie_fields=tuple(self.cookie_params),
            body_fields=tuple(self.body_params),
            injected=self._list_injected(),
            dependencies=dependencies,
            marker=marker,
            use_cache=self.use_cache,
            lifetime=lifetime,
            own_scopes=tuple(self.own_oauth_scopes or ()),
            scopes=tuple(self.oauth_scopes),
            passed_scopes=(*(self.parent_oauth_scopes or ()), *(self.own_oauth_scopes or ())),
        )
        if declared is None or marker is None:
            return plan
        return replace(plan, cache_key=result_key(declared, plan, lifetime))

    def _marker(self) -> Depends:
        """Return the marker that would declare this graph, which a library made without one."""
        if self.own_oauth_scopes:
            return Security(self.call, scopes=self.own_oauth_scopes, use_cache=self.use_cache)
        scope: Any = self.scope
        return Depends(self.call, use_cache=self.use_cache, scope=scope)


def watch_list(items: list[Any], changes: Changes) -> GraphList:
    """Return a copy of a list that reports its changes, and those of its graphs, to `changes`."""
    found = GraphList(items)
    found.changes = changes
    _adopt_all(found, changes)
    return found


def _adopt_all(items: list[Any], changes: Changes) -> None:
    for item in items:
        if isinstance(item, Dependant) and item._changes is not changes:
            item.adopt(changes)


find_elsewhere(__name__)
