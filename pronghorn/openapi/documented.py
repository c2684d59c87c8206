"""The interface of a route that can be documented; the routes of the routing layer have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pronghorn.plan.model import RoutePlan


class DocumentedRoute(Protocol):
    """A route that can be documented.

    The plan says what the route reads and returns. The other attributes are read when the document
    is generated, because programs change them after declaring the route.
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


def find_documented_routes(routes: Iterable[Any]) -> Iterator[DocumentedRoute]:
    """Yield the routes to document: those with a plan that are not hidden.

    Mounts, plain Starlette routes and WebSocket routes do not have such a plan and are skipped. A
    route context, which stands for a route at one place of inclusion, yields its route.
    """
    for item in routes:
        route = as_documented_route(item)
        if route is not None and route.include_in_schema:
            yield route


def as_documented_route(item: Any) -> DocumentedRoute | None:
    """Return the documented route that an object is or stands for, or None."""
    candidates: tuple[Any, ...] = (
        item,
        getattr(item, "route", None),
        getattr(item, "original_route", None),
    )
    with_plan = (one for one in candidates if isinstance(getattr(one, "plan", None), RoutePlan))
    return next(with_plan, None)
