"""Find what an application makes when it starts, and make it around the program's lifespan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from pronghorn.compile.app_scope import Leaf, run_app_scope
from pronghorn.core.concurrency_limits import current_loop
from pronghorn.core.kinds import CallKind
from pronghorn.core.task_store import JobRunner
from pronghorn.plan.model import APP_VALUES, CallPlan, RoutePlan, WebSocketPlan
from pronghorn.plan.route import check_tasks, checks_tasks, override_dependencies
from pronghorn.routes.base import current_overrides
from pronghorn.routes.lifespan import Lifespan, merged
from pronghorn.run.app_values import Start, no_application, values_of

#: How many layers of middleware around a mounted application are looked through.
DEEPEST_MIDDLEWARE = 50


def find_leaves(router: Any) -> list[Leaf]:
    """Return the dependencies with `scope="app"` of a router, in declared order.

    Those of mounted applications and of functions with `@app.inject` are included, since nothing
    else starts them.

    Raises:
        SetupError: A route with such a dependency belongs to no application.
    """
    if not APP_VALUES.declared:
        return []
    found: list[Leaf] = []
    seen: list[Any] = []
    for application, root, _ in _find_graphs(router, seen):
        values = values_of(application)
        for node in root.walk():
            if node.kind is not CallKind.APP_VALUE:
                continue
            if values is None:
                raise no_application(node.call)
            found.append((values, node))
    return found


def check_kept(router: Any) -> None:
    """Look for mistakes in the routes whose background tasks a store keeps, before a start.

    Raises:
        SetupError: There is one.
    """
    if not checks_tasks():
        return
    from pronghorn.compile.durable_tasks import asks_for_tasks  # Few programs keep tasks.

    for application, _, plan in _find_graphs(router, []):
        store = getattr(application, "_task_store", None)
        if store is not None and isinstance(plan, RoutePlan) and asks_for_tasks(plan.root):
            check_tasks(plan, store)


def _find_graphs(
    router: Any, seen: list[Any]
) -> Iterator[tuple[Any, CallPlan, RoutePlan | WebSocketPlan | None]]:
    """Yield the graphs of all routes and functions, each with its application.

    The third part is the plan of a route, after overrides; a function has none.
    """
    if any(router is one for one in seen):
        return
    seen.append(router)
    application = getattr(router, "dependency_overrides_provider", None)
    last_of = getattr(router, "_last_routes", tuple)
    routes = getattr(router, "routes", None)
    if not isinstance(routes, list):
        return  # An application of another framework.
    for route in [*routes, *last_of()]:
        plan = getattr(route, "plan", None)
        if isinstance(plan, (RoutePlan, WebSocketPlan)):
            plan = override_dependencies(plan, current_overrides(route))
            yield route.dependency_overrides_provider, plan.root, plan
        else:
            yield from _find_graphs(_router_inside(route), seen)
    for graph in getattr(application, "_list_injected_graphs", tuple)():
        yield application, graph, None


def _router_inside(route: Any) -> Any:
    """Return the router of a mounted application, or the mount itself if it is not one of ours."""
    app: Any = getattr(route, "app", None)
    for _ in range(DEEPEST_MIDDLEWARE):
        if hasattr(app, "routes") or not hasattr(app, "app"):
            break
        app = app.app
    return getattr(app, "router", None) or app or route


@contextmanager
def count_as_started(application: Any) -> Iterator[None]:
    """Let an application without values count as started."""
    values = values_of(application)
    if values is None:
        yield
        return
    start = Start(current_loop(), {}, {})
    values.add(start)
    try:
        yield
    finally:
        values.remove(start)


def plan_start(router: Any, application: Any) -> tuple[JobRunner | None, list[Leaf]]:
    """Plan the jobs of an application before it starts, and find the values to make.

    Args:
        router: The router of the application.
        application: The application.

    Returns:
        What runs the jobs, if there is any; and what `find_leaves` has found.

    Raises:
        SetupError: A job has a mistake, or a route whose background tasks are kept.
    """
    runner: JobRunner | None = getattr(application, "_job_runner", None)
    if runner is not None:
        runner.plan(application)
    check_kept(router)
    return runner, find_leaves(router)


def around(lifespan: Lifespan, leaves: list[Leaf], application: Any) -> Lifespan:
    """Return a lifespan that makes the values first, so that the program's own can use them.

    Jobs start last: they use the values, and what the program has opened.

    Args:
        lifespan: The program's own lifespan.
        leaves: What `find_leaves` has found.
        application: The application that starts.
    """
    runner = getattr(application, "_job_runner", None)
    inside = lifespan if runner is None else merged(lifespan, runner.lifespan)

    @asynccontextmanager
    async def with_app_scope(app: Any) -> AsyncIterator[Any]:
        async with run_app_scope(leaves, values_of(application)), inside(app) as state:
            yield state

    return with_app_scope
