"""Parts of an OpenAPI operation, for programs that document something other than routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from pronghorn.core.setup_errors import warn_deprecated
from pronghorn.dependencies.models import Dependant
from pronghorn.dependencies.questions import _get_cache_key
from pronghorn.fields.field import OUTSIDE_BODIES, Field
from pronghorn.interop.schemas import FieldMapping, definitions_of
from pronghorn.openapi.documented import DocumentedRoute, as_documented_route
from pronghorn.openapi.operations import Context, operation_metadata, path_item, request_body
from pronghorn.openapi.parameters import document_parameters
from pronghorn.openapi.scheme import security_scheme
from pronghorn.openapi.security import Requirements, Schemes, document_security
from pronghorn.types import ModelNameMap
from pronghorn.utils import generate_operation_id_for_path


@dataclass
class _OpenAPIDependencyData:
    """The parts of a dependency graph that the document contains.

    Attributes:
        path_params: The path parameters.
        query_params: The query parameters.
        header_params: The headers.
        cookie_params: The cookies.
        security_dependencies: Each use of a security scheme, with the scopes required there.
    """

    path_params: list[Field] = field(default_factory=list)
    query_params: list[Field] = field(default_factory=list)
    header_params: list[Field] = field(default_factory=list)
    cookie_params: list[Field] = field(default_factory=list)
    security_dependencies: list[tuple[Dependant, list[str]]] = field(default_factory=list)


def _get_openapi_dependency_data(dependant: Dependant) -> _OpenAPIDependencyData:
    """Collect parameters and security schemes of a graph; a shared dependency counts once."""
    data = _OpenAPIDependencyData()
    seen: set[Any] = set()

    def visit(node: Dependant) -> None:
        key = _get_cache_key(dependant=node)
        if key in seen:
            return
        seen.add(key)
        for location in OUTSIDE_BODIES:
            name = f"{location}_params"
            getattr(data, name).extend(getattr(node, name))
        if node.call is not None and security_scheme(node.call) is not None:
            own, parents = node.own_oauth_scopes or [], node.parent_oauth_scopes or []
            data.security_dependencies.append((node, list(dict.fromkeys([*parents, *own]))))
        for dependency in node.dependencies:
            visit(dependency)

    visit(dependant)
    return data


def _get_openapi_operation_parameters(
    *,
    dependency_data: _OpenAPIDependencyData,
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
) -> list[dict[str, Any]]:
    """Document the visible parameters of a graph. The list that has a field decides its location.

    Args:
        dependency_data: The result of `_get_openapi_dependency_data`.
        model_name_map: Not used.
        field_mapping: The schemas that `get_definitions` made.
        separate_input_output_schemas: Not used: `field_mapping` has the mode.
    """
    declared = chain.from_iterable(
        ((item, location) for item in getattr(dependency_data, f"{location}_params"))
        for location in OUTSIDE_BODIES
    )
    return list(document_parameters(declared, definitions_of(field_mapping)))


def _get_openapi_security_definitions(
    security_dependencies: Sequence[tuple[Dependant, list[str]]],
) -> tuple[Schemes, Requirements]:
    """Return the security schemes by name, and the requirements of an operation that uses them."""
    found = (
        (security_scheme(node.call), scopes) for node, scopes in security_dependencies if node.call
    )
    return document_security((scheme, scopes) for scheme, scopes in found if scheme is not None)


def get_openapi_operation_request_body(
    *,
    body_field: Field | None,
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
) -> dict[str, Any] | None:
    """Document a body, such as `route.body_field`, or return `None` if there is no body.

    Args:
        body_field: The whole body as one field; its schema is in `field_mapping`.
        model_name_map: Not used.
        field_mapping: The schemas that `get_definitions` made.
        separate_input_output_schemas: Not used: `field_mapping` has the mode.
    """
    if body_field is None:
        return None
    media_type = body_field.media_type or "application/json"
    return request_body(body_field, media_type, definitions_of(field_mapping))


def get_openapi_operation_metadata(
    *, route: Any, method: str, operation_ids: set[str]
) -> dict[str, Any]:
    """Return tags, summary, description and identifier of an operation.

    Args:
        route: The route, or a route context.
        method: Not used: all methods of a route have the same description.
        operation_ids: The identifiers known so far. A known one causes a warning, a new one is
            added.
    """
    return operation_metadata(_require_documented(route), operation_ids)


def get_openapi_path(
    *,
    route: Any,
    operation_ids: set[str],
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Document one route.

    Args:
        route: The route, or a route context.
        operation_ids: The identifiers known so far. A known one causes a warning, a new one is
            added.
        model_name_map: Not used.
        field_mapping: The schemas that `get_definitions` made of `get_fields_from_routes`.
        separate_input_output_schemas: Not used: `field_mapping` has the mode.

    Returns:
        The operations by method in lower case, the security schemes by name, and the definitions
        that do not come from a field. All are empty for a hidden route.
    """
    documented = _require_documented(route)
    context = Context(definitions_of(field_mapping), operation_ids=operation_ids)
    item = path_item(documented, context) if documented.include_in_schema else {}
    return item, context.security_schemes, context.components


def generate_operation_id(*, route: Any, method: str) -> str:
    """Return the declared operation ID, or one made from name, path and method. Deprecated."""
    warn_deprecated(
        "generate_operation_id() is deprecated: nothing in the framework calls it, and it will go. "
        "Use `route.unique_id`."
    )
    if route.operation_id:
        return str(route.operation_id)
    return generate_operation_id_for_path(name=route.name, path=route.path_format, method=method)


def _get_api_route_for_openapi(route_context: Any) -> DocumentedRoute | None:
    """Return the operation of a route context as the document needs it, or `None` for others."""
    return as_documented_route(route_context)


def _require_documented(route: Any) -> DocumentedRoute:
    found = as_documented_route(route)
    if found is None:
        raise TypeError(f"{route!r} cannot be documented: it is not an APIRoute")
    return found
