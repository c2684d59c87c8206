"""Views of a route's plan, through which libraries read and replace its parts."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from starlette.routing import Match
from starlette.types import Scope

from pronghorn.compile.route_table import OWN_MATCHES
from pronghorn.core.kinds import StreamKind
from pronghorn.core.records import replace
from pronghorn.core.revisions import CHANGING
from pronghorn.plan.body import is_embedded, plan_body, plan_given_body
from pronghorn.plan.model import PlanT, RoutePlan
from pronghorn.routes.base import Declared

if TYPE_CHECKING:
    from pronghorn.dependencies.models import Dependant
    from pronghorn.fields.field import Field

T = TypeVar("T")
#: The first values of attributes that a copy of a route for another place does not take over.
NO_VIEWS: dict[str, Any] = {"_graph": None, "_graph_changed": False, "_given": {}}


class GraphView(Declared):
    """A route with `route.dependant`, the dependency graph, which may be changed in place.

    The graph is created when it is first read. Once it has changed, the route is planned again, and
    from then on the plan follows the graph.
    """

    plan: Any
    path: str
    path_format: str

    @property
    def dependant(self) -> Dependant:
        """The dependency graph in FastAPI's form; changes take effect at the next request."""
        graph = self.__dict__["_graph"]
        if graph is None:
            fresh = self._fresh_graph()
            with CHANGING:  # All threads must change the same graph.
                graph = self.__dict__["_graph"]
                if graph is None:
                    graph = fresh
                    self._keep_graph(graph)
        found: Dependant = graph
        return found

    @dependant.setter
    def dependant(self, graph: Dependant) -> None:
        self._keep_graph(graph)
        self._note_graph()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how well this route matches a request, and the additions to the scope.

        Routers use the pattern instead, unless a subclass overrides this method.
        """
        if self._is_beyond(scope):
            return Match.NONE, {}
        match, child = super().matches(scope)  # type: ignore[misc]  # Starlette's, from a subclass
        if match is not Match.NONE:
            child["route"] = self
        return match, child

    def _fresh_graph(self) -> Dependant:
        """Return a graph of the current plan whose changes do not affect the route."""
        from pronghorn.dependencies.models import Dependant

        return Dependant.from_plan(self.plan.root, self.path_format)

    def _keep_graph(self, graph: Dependant) -> None:
        from pronghorn.dependencies.models import Changes

        graph.adopt(Changes(self._note_graph))
        self._set(_graph=graph)

    def _note_graph(self) -> None:
        self._set(_graph_changed=True)
        self._note()

    def _copy_for(self, prefix: str, provider: Any, options: Mapping[str, Any]) -> Self:
        """Return a copy of this route for an outer router.

        Args:
            prefix: The text before its path there; may be empty.
            provider: An object with the `dependency_overrides` that apply there; None for the
                one of this route.
            options: The options of the copy.
        """
        clone = copy.copy(self)
        clone._set(_original_route=self._original_route or self, _plan=None, _app=None)
        clone._set(**options, **NO_VIEWS)
        if provider is not None:
            clone._set(dependency_overrides_provider=provider)
        clone._set_path(prefix + self.path)
        clone._share_pattern(self)
        return clone

    def _with_graph(self, plan: PlanT) -> PlanT:
        """Return the plan, with the changed graph if a library has changed it."""
        if self.__dict__["_graph_changed"]:
            return replace(plan, root=self.dependant.to_plan())
        return plan


OWN_MATCHES.add(GraphView.matches)


class View(Generic[T]):
    """A descriptor that reads a part of a route's plan, and that a library may assign to."""

    def __init__(self, read: Callable[[RoutePlan], T]) -> None:
        self._read = read

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, route: Any, owner: type[Any]) -> T:
        # On the class it returns itself, as a property does.
        return self if route is None else self._read(route.plan)  # type: ignore[return-value]

    def __set__(self, route: Any, value: T) -> None:
        route._set(_given={**route._given, self._name: value})
        route._note()


class RouteViews(GraphView):
    """A route with the fields of body and response, each of which a library may replace."""

    plan: RoutePlan
    _given: dict[str, Any]

    def _with_given(self, plan: RoutePlan) -> RoutePlan:
        """Return the plan with the graph and the fields that libraries have assigned."""
        given = self._given
        changed = self._with_graph(plan)
        if changed is plan and not given:
            return plan
        fields = [field for node in changed.root.walk() for field in node.body_fields]
        body, response = changed.body, changed.response
        if changed is not plan and body is None:
            body = plan_body(fields, plan.unique_id)
        elif changed is not plan and body is not None:
            # The declaration decided on the form of the body, and the document shows that form.
            body = plan_given_body(fields, body.field, embed=body.embed)
        if "body_field" in given:
            embed = given.get(
                "_embed_body_fields", body.embed if body else bool(fields) and is_embedded(fields)
            )
            body = plan_given_body(fields, given["body_field"], embed=embed)
        if "response_field" in given:
            response = replace(response, field=given["response_field"])
        if "stream_item_field" in given:
            response = replace(response, item_field=given["stream_item_field"])
        if "response_fields" in given:
            response = replace(response, extra_fields=dict(given["response_fields"]))
        return replace(changed, body=body, response=response)

    body_field: View[Field | None] = View(lambda plan: plan.body.field if plan.body else None)
    """The whole body as one field."""
    _embed_body_fields: View[bool] = View(lambda plan: bool(plan.body and plan.body.embed))
    response_field: View[Field | None] = View(lambda plan: plan.response.field)
    """The field that validates and serialises the response."""
    stream_item_field: View[Field | None] = View(lambda plan: plan.response.item_field)
    """The field that validates and serialises one item of a stream."""
    response_fields: View[Mapping[int | str, Field]] = View(lambda plan: plan.response.extra_fields)
    """The fields of the documented additional responses."""

    @property
    def stream_item_type(self) -> Any:
        """The declared type of one item of a stream, or None."""
        field = self.plan.response.item_field
        return None if field is None else field.annotation

    @property
    def is_sse_stream(self) -> bool:
        """True if the endpoint yields server-sent events."""
        return self.plan.response.stream is StreamKind.SERVER_SENT_EVENTS

    @property
    def is_json_stream(self) -> bool:
        """True if the endpoint yields JSON Lines."""
        return self.plan.response.stream is StreamKind.JSON_LINES
