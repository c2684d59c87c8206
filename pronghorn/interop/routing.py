"""Functions about lifespans, route state and scopes, under their names in `fastapi.routing`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import Any, get_args

from starlette.responses import Response

from pronghorn.core.threads.hop import call_in_thread
from pronghorn.declare.options import ROUTE_CLASS_DEFAULTS
from pronghorn.dependencies.models import Dependant
from pronghorn.dependencies.utils import (
    _get_flat_body_params,
    _should_embed_body_fields,
    get_dependant,
    get_parameterless_sub_dependant,
)
from pronghorn.exceptions import EndpointContext
from pronghorn.fields.annotations import is_class
from pronghorn.fields.field import Field
from pronghorn.params import Depends
from pronghorn.routes.http import APIRoute
from pronghorn.routes.lifespan import Lifespan, in_async
from pronghorn.routes.route_contexts import RouteContext
from pronghorn.routes.websocket import APIWebSocketRoute
from pronghorn.run.input.body import is_json

#: Attributes of a route that determine its plan, or that are views of its plan.
_STATE = [
    *("path", "endpoint", "stream_item_type", *ROUTE_CLASS_DEFAULTS),
    *("path_regex", "path_format", "param_convertors", "unique_id", "dependant"),
    *("body_field", "response_field", "stream_item_field", "response_fields"),
    *("_embed_body_fields", "is_sse_stream", "is_json_stream"),
]


# --- lifespans ----------------------------------------------------------------------------------


def _wrap_gen_lifespan_context(lifespan_context: Callable[[Any], Any]) -> Lifespan:
    """Return the asynchronous lifespan of a synchronous generator function."""
    return in_async(contextmanager(lifespan_context))


class _AsyncLiftContextManager(AbstractAsyncContextManager[Any]):
    """An asynchronous context manager that enters a synchronous one in a worker thread."""

    def __init__(self, cm: AbstractContextManager[Any]) -> None:
        self._cm = cm

    async def __aenter__(self) -> Any:
        return await call_in_thread(self._cm.__enter__)

    async def __aexit__(self, *error: Any) -> bool | None:  # noqa: PYI036 - passed on
        return await call_in_thread(self._cm.__exit__, *error)


# --- routes -------------------------------------------------------------------------------------


def _populate_api_route_state(
    route: Any, path: str, endpoint: Callable[..., Any], **options: Any
) -> None:
    """Set the attributes that a route with these options has.

    Args:
        route: An `APIRoute`, which becomes that route, or any object that takes attributes.
        path: The path.
        endpoint: The function that handles requests.
        options: See `RouteClassOptions`; also `stream_item_type`.
    """
    stream_item_type = options.pop("stream_item_type", None)
    if isinstance(route, APIRoute):
        APIRoute.__init__(route, path, endpoint, **options)
        return
    made = APIRoute(path, endpoint, **options)
    for name in _STATE:
        if hasattr(made, name):
            setattr(route, name, getattr(made, name))
    if stream_item_type is not None:
        route.stream_item_type = stream_item_type


def _build_dependant_with_parameterless_dependencies(
    *, path: str, call: Callable[..., Any], dependencies: Sequence[Depends]
) -> tuple[Dependant, list[Field], bool]:
    """Return the graph of an endpoint, in which the dependencies of its route come first.

    Args:
        path: The path of the route.
        call: The endpoint.
        dependencies: Dependencies whose values are not used.

    Returns:
        The graph, its body parameters, and True if these are members of the body.
    """
    dependant = get_dependant(path=path, call=call, scope="function")
    nodes = [get_parameterless_sub_dependant(depends=item, path=path) for item in dependencies]
    dependant.dependencies[:0] = nodes
    fields = _get_flat_body_params(dependant)
    return dependant, fields, _should_embed_body_fields(fields)


def _build_response_args(*, status_code: int | None, solved_result: Any) -> dict[str, Any]:
    """Return the arguments with which a response class is called.

    Args:
        status_code: The status that the route declares; one set by a dependency replaces it.
        solved_result: The result of `solve_dependencies`.
    """
    arguments: dict[str, Any] = {"background": solved_result.background_tasks}
    status = solved_result.response.status_code or status_code
    if status is not None:
        arguments["status_code"] = status
    return arguments


def _extract_endpoint_context(func: Any) -> EndpointContext:
    """Return name, file and line of an endpoint, without those that cannot be found."""
    context = EndpointContext()
    try:
        target = inspect.unwrap(func)
        context["file"] = inspect.getsourcefile(target) or ""
        context["line"] = inspect.getsourcelines(target)[1]
        context["function"] = target.__name__
    except (AttributeError, OSError, TypeError, ValueError):
        return context
    return context


def _contains_response(annotation: Any) -> bool:
    """Return True if a type is a response class, or has one among its arguments."""
    if is_class(annotation, Response):
        return True
    return any(_contains_response(argument) for argument in get_args(annotation))


def _is_json_content_type(content_type: str | None, strict: bool = True) -> bool:
    """Return True if a body with this content type is read as JSON.

    Args:
        content_type: The header; `None` if there is none.
        strict: Whether a body without a content type is not JSON.
    """
    return is_json(content_type, strict)


# --- scopes -------------------------------------------------------------------------------------


def _get_fastapi_scope(scope: MutableMapping[str, Any]) -> dict[str, Any]:
    """Return the dict at `scope["fastapi"]`, after creating it if it is missing."""
    values: dict[str, Any] = scope.setdefault("fastapi", {})
    return values


def _get_scope_effective_route_context(scope: MutableMapping[str, Any]) -> RouteContext | None:
    """Return the context of the included route that handles a request.

    The context has the attributes of the route after all its inclusions. The result is `None` for a
    route of the application itself.
    """
    route = scope.get("route")
    is_included = getattr(route, "_original_route", None) is not None
    if is_included and isinstance(route, (APIRoute, APIWebSocketRoute)):
        return RouteContext(route)
    return None
