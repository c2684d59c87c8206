"""What the document needs to know about a route; the routing layer's routes fit it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pronghorn.plan.model import RoutePlan


class DocumentedRoute(Protocol):
    """A route that can be documented.

    The plan says what the route reads and answers. The other attributes are read when the
    document is made, because programs change them after the route was declared.
    """

    plan: RoutePlan
    path_format: str
    methods: Iterable[str]
    name: str
    unique_id: str
    endpoint: Callable[..., Any]
    include_in_schema: bool
    operation_id: str | None
    tags: Sequence[Any] | None
    summary: str | None
    description: str | None
    deprecated: bool | None
    status_code: int | None
    response_description: str
    responses: Mapping[int | str, Mapping[str, Any]] | None
    callbacks: Sequence[Any] | None
    openapi_extra: Mapping[str, Any] | None


def documented_routes(routes: Iterable[Any]) -> Iterator[DocumentedRoute]:
    """Find the routes to document: those with a plan that are not hidden.

    Mounts, plain Starlette routes and WebSocket routes have no such plan and are passed over. A
    route context, which stands for a route at one place of inclusion, gives its route.
    """
    for item in routes:
        route = documented_route(item)
        if route is not None and route.include_in_schema:
            yield route


def documented_route(item: Any) -> DocumentedRoute | None:
    """Give the documented route that an object is or stands for, or None."""
    candidates: tuple[Any, ...] = (
        item,
        getattr(item, "route", None),
        getattr(item, "original_route", None),
    )
    with_plan = (one for one in candidates if isinstance(getattr(one, "plan", None), RoutePlan))
    return next(with_plan, None)
