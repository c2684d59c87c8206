"""What libraries read and replace on a route: views of its plan."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from starlette.routing import Match
from starlette.types import Scope

from pronghorn.compile.router import OWN_MATCHES
from pronghorn.core.kinds import StreamKind
from pronghorn.core.records import replace
from pronghorn.plan.body import is_embedded, plan_body, plan_given_body
from pronghorn.plan.model import RoutePlan
from pronghorn.plan.route import AnyPlan
from pronghorn.routes.base import Declared

if TYPE_CHECKING:
    from pronghorn.dependencies.models import Dependant
    from pronghorn.fields.field import Field

T = TypeVar("T")
#: What a route that shows the plan of another place starts without.
NO_VIEWS: dict[str, Any] = {"_graph": None, "_graph_changed": False, "_given": {}}


class GraphView(Declared):
    """``route.dependant``: the dependency graph, which may be changed in place.

    The view is kept once somebody has asked for it. A change of it makes the route plan again,
    and from then on the view is what says how requests are answered.
    """

    plan: Any
    path: str
    path_format: str

    @property
    def dependant(self) -> Dependant:
        """The dependency graph as libraries read it; changes take effect at the next request."""
        graph = self.__dict__["_graph"]
        if graph is None:
            graph = self._fresh_graph()
            self._keep_graph(graph)
        found: Dependant = graph
        return found

    @dependant.setter
    def dependant(self, graph: Dependant) -> None:
        self._keep_graph(graph)
        self._note_graph()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how well this route fits a request, and what the scope of its handler adds.

        Routers ask the pattern instead, unless a subclass overrides this.
        """
        match, child = super().matches(scope)  # type: ignore[misc]  # Starlette's, from a subclass
        if match is not Match.NONE:
            child["route"] = self
        return match, child

    def _fresh_graph(self) -> Dependant:
        """A view of the present plan that belongs to nobody."""
        from pronghorn.dependencies.models import Dependant

        return Dependant.from_plan(self.plan.root, self.path_format)

    def _keep_graph(self, graph: Dependant) -> None:
        from pronghorn.dependencies.models import Changes

        graph.adopt(Changes(self._note_graph))
        self._set(_graph=graph)

    def _note_graph(self) -> None:
        self._set(_graph_changed=True)
        self.note()

    def _copy_for(self, prefix: str, provider: Any, options: Mapping[str, Any]) -> Self:
        """This route as it is inside an outer level.

        - `prefix`: stands before its path there; may be empty.
        - `provider`: has the `dependency_overrides` that apply there; None: as before.
        - `options`: what it declares there.
        """
        clone = copy.copy(self)
        clone._set(original_route=self.original_route or self, _plan=None, _app=None)
        clone._set(**options, **NO_VIEWS)
        if provider is not None:
            clone._set(dependency_overrides_provider=provider)
        clone._set_path(prefix + self.path)
        clone._share_pattern(self)
        return clone

    def _with_graph(self, plan: AnyPlan) -> AnyPlan:
        """The plan with the graph that a library has made of it."""
        if self.__dict__["_graph_changed"]:
            return replace(plan, root=self.dependant.to_plan())
        return plan


OWN_MATCHES.add(GraphView.matches)


class View(Generic[T]):
    """An attribute of a route that shows a part of its plan, and that a library may replace."""

    def __init__(self, read: Callable[[RoutePlan], T]) -> None:
        self._read = read

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, route: Any, owner: type[Any]) -> T:
        # Asked of the class, it is itself, as a property would be.
        return self if route is None else self._read(route.plan)  # type: ignore[return-value]

    def __set__(self, route: Any, value: T) -> None:
        route._set(_given={**route._given, self._name: value})
        route.note()


class RouteViews(GraphView):
    """The fields of body and response, each of which a library may replace."""

    plan: RoutePlan
    _given: dict[str, Any]

    def _with_given(self, plan: RoutePlan) -> RoutePlan:
        """The plan with the graph and the fields that libraries have put in place of ours."""
        given = self._given
        changed = self._with_graph(plan)
        if changed is plan and not given:
            return plan
        fields = [field for node in changed.root.walk() for field in node.body_fields]
        body, response = changed.body, changed.response
        if changed is not plan and body is None:
            body = plan_body(fields, plan.unique_id)
        elif changed is not plan and body is not None:
            # What the body is was decided when the route was declared, and is documented so.
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
    def is_sse_stream(self) -> bool:
        """Whether the endpoint yields server-sent events."""
        return self.plan.response.stream is StreamKind.SERVER_SENT_EVENTS

    @property
    def is_json_stream(self) -> bool:
        """Whether the endpoint yields JSON Lines."""
        return self.plan.response.stream is StreamKind.JSON_LINES
