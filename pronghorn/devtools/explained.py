"""Explain a route of an application, including the middleware around its handler."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from pronghorn.compile.explain import Explanation, explain_plan
from pronghorn.compile.steps import bind_task_store
from pronghorn.core.monkeypatches import is_overridden
from pronghorn.devtools.inventory import Listed
from pronghorn.devtools.tools import explain_tools
from pronghorn.plan.model import RoutePlan

__all__ = ["explain_route", "middleware_around"]


def explain_route(listed: Listed, label: str) -> Explanation | None:
    """Return the plan and the compiled handler of a route, and what slows it down.

    Args:
        listed: The route.
        label: Its name in the explanation, such as `GET /items/{item_id}`.

    Returns:
        None for a route without a plan, which Starlette serves.
    """
    plan = getattr(listed.route, "plan", None)
    if plan is None:
        return None
    if isinstance(plan, RoutePlan):
        provider = getattr(listed.route, "dependency_overrides_provider", None)
        plan = bind_task_store(plan, provider)
    explained = explain_plan(plan, label)
    own = list(_around_handler(listed.route))
    around = (f"middleware around it: {each}" for each in explain_middleware(listed.apps))
    explained.notes.extend([*around, *own, *explain_tools(listed.apps)])
    explained.detours.extend(own)
    return explained


def middleware_around(apps: tuple[Any, ...]) -> Iterator[str]:
    """Yield the names of the middleware between the server and the routes, outermost first.

    Args:
        apps: Applications, each mounted in the one before.
    """
    for app in apps:
        for middleware in getattr(app, "user_middleware", ()):
            yield str(getattr(middleware.cls, "__name__", middleware.cls))


def explain_middleware(apps: tuple[Any, ...]) -> Iterator[str]:
    """Yield a line for each middleware around a route, outermost first: compiled or why not.

    Args:
        apps: Applications, each mounted in the one before.
    """
    from pronghorn.middleware.compiled.known import explain_layers
    from pronghorn.middleware.stack import is_stack_instrumented

    for app in apps:
        layers = getattr(app, "user_middleware", ())
        lines = explain_layers(layers)
        if is_stack_instrumented():
            names = (line.partition(": ")[0] for line in lines)
            yield from (f"{name}: not compiled: a library observes the layers" for name in names)
        else:
            yield from lines


def _around_handler(route: Any) -> Iterator[str]:
    from pronghorn.routing import APIRoute

    if isinstance(route, APIRoute):
        if is_overridden(route, APIRoute, "get_route_handler"):
            yield f"{type(route).__name__} builds its own request handler, around a compiled one"
        if os.environ.get("PRONGHORN_GENERAL") == "1":
            yield "PRONGHORN_GENERAL=1 is set: requests go the exact way"
