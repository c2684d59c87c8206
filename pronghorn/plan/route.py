"""Turn one declared route into one immutable plan. This file shows all steps of planning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pronghorn.core.records import NOTHING, Record, replace
from pronghorn.core.setup_errors import add_place, describe_callable
from pronghorn.core.trigger import READING
from pronghorn.params import Depends
from pronghorn.plan.body import plan_body
from pronghorn.plan.dependencies import Overrides, override_calls, plan_endpoint
from pronghorn.plan.model import PlanT, ResponsePlan, RoutePlan, WebSocketPlan
from pronghorn.plan.response import ResponseDeclaration, plan_response
from pronghorn.plan.signature import where_is

if TYPE_CHECKING:  # Few programs keep tasks.
    from pronghorn.core.task_store import TaskStore


class RouteDeclaration(Record):
    """The declaration of one route, after inheritance from routers and inclusions."""

    path: str
    path_format: str
    path_names: frozenset[str]
    endpoint: Callable[..., Any]
    methods: frozenset[str]
    name: str
    unique_id: str
    response: ResponseDeclaration
    dependencies: Sequence[Depends] = ()
    strict_content_type: bool = True
    max_body_size: int | None = None
    max_json_size: int | None = None
    form_limits: Mapping[str, int] = NOTHING
    timeout: float | None = None
    on_disconnect: str | None = None
    cache: Any = None


#: The functions that look for mistakes in each new plan, besides the planner itself.
_checks: list[Callable[[RoutePlan], None]] = []
#: Those for routes whose background tasks a store keeps.
_checks_of_tasks: list[Callable[[RoutePlan, TaskStore], None]] = []


def check_plans(check: Callable[[RoutePlan], None]) -> None:
    """Let a function look for mistakes in the plan of each HTTP route that is declared from now on.

    Args:
        check: Raises a `SetupError` for a mistake; the place of the route is added to it.
    """
    if check not in _checks:
        _checks.append(check)


def check_kept_tasks(check: Callable[[RoutePlan, TaskStore], None]) -> None:
    """Let a function look for mistakes in each HTTP route whose background tasks a store keeps.

    A route learns of the store from its application, so it is called when that starts, and again
    when the route is compiled.

    Args:
        check: Raises a `SetupError` for a mistake; the place of the route is added to it.
    """
    if check not in _checks_of_tasks:
        _checks_of_tasks.append(check)


def checks_tasks() -> bool:
    """Return whether a function looks for mistakes in routes whose tasks a store keeps."""
    return bool(_checks_of_tasks)


def check_tasks(plan: RoutePlan, store: TaskStore) -> None:
    """Look for mistakes in a route that asks for background tasks, which a store keeps.

    Raises:
        SetupError: There is one.
    """
    for check in _checks_of_tasks:
        with name_route_in_errors(label_of(plan), plan.endpoint):
            check(plan, store)


def label_of(route: RoutePlan | RouteDeclaration) -> str:
    """Return the name of a route in errors, such as "GET /items/{item_id}"."""
    return f"{','.join(sorted(route.methods))} {route.path_format}"


def plan_route(declared: RouteDeclaration) -> RoutePlan:
    """Plan one HTTP route.

    Raises:
        SetupError: The declaration contains a mistake.
    """
    with name_route_in_errors(label_of(declared), declared.endpoint):
        plan = _plan_route(declared)
        for check in _checks:
            check(plan)
        return plan


@contextmanager
def name_route_in_errors(label: str, endpoint: Callable[..., Any]) -> Iterator[None]:
    """Add the route and its endpoint to every error that is raised inside the context."""
    try:
        yield
    except Exception as error:
        add_place(error, f"{label}, {describe_callable(endpoint)}")
        raise


def _plan_route(declared: RouteDeclaration) -> RoutePlan:
    response = plan_response(declared.endpoint, declared.response, declared.unique_id)
    cache = declared.cache if _is_kept(declared, response) else None
    # Those of the cache have their place between the other ones of the route and the endpoint's.
    dependencies = [*declared.dependencies, *(cache.vary if cache else ())]
    root = plan_endpoint(
        declared.endpoint, path_names=declared.path_names, dependencies=dependencies
    )
    body_fields = [found for node in root.walk() for found in node.body_fields]
    return RoutePlan(
        path=declared.path,
        path_format=declared.path_format,
        methods=declared.methods,
        name=declared.name,
        endpoint=declared.endpoint,
        unique_id=declared.unique_id,
        root=root,
        body=plan_body(body_fields, declared.unique_id),
        response=response,
        strict_content_type=declared.strict_content_type,
        max_body_size=declared.max_body_size,
        max_json_size=declared.max_json_size,
        form_limits=declared.form_limits,
        timeout=declared.timeout,
        on_disconnect=declared.on_disconnect,
        cache=cache,
        dependencies=tuple(declared.dependencies),
        path_names=declared.path_names,
        where=where_is(declared.endpoint),
    )


def _is_kept(declared: RouteDeclaration, response: ResponsePlan) -> bool:
    """Return True if a cache may keep the responses of a route.

    The cache of a router is for its routes that read, and whose responses are sent in one piece.
    """
    return bool(declared.cache) and declared.methods <= set(READING) and not response.is_streamed


def plan_websocket(
    path: str,
    path_format: str,
    path_names: frozenset[str],
    endpoint: Callable[..., Any],
    name: str,
    dependencies: Sequence[Depends] = (),
) -> WebSocketPlan:
    """Plan one WebSocket route.

    Raises:
        SetupError: The declaration contains a mistake.
    """
    with name_route_in_errors(f"WebSocket {path_format}", endpoint):
        root = plan_endpoint(endpoint, path_names=path_names, dependencies=dependencies)
    return WebSocketPlan(
        path=path,
        path_format=path_format,
        name=name,
        endpoint=endpoint,
        root=root,
        dependencies=tuple(dependencies),
        path_names=path_names,
        where=where_is(endpoint),
    )


def override_dependencies(plan: PlanT, overrides: Overrides) -> PlanT:
    """Return a plan in which some dependencies are replaced by other callables.

    The body remains as declared: overriding a dependency does not change the wire format.
    """
    if not overrides:
        return plan
    methods = getattr(plan, "methods", ("WebSocket",))
    with name_route_in_errors(f"{','.join(sorted(methods))} {plan.path_format}", plan.endpoint):
        root = override_calls(plan.root, overrides, path_names=plan.path_names)
    return replace(plan, root=root)
