"""One route as a path item: an operation for each of its methods."""

from __future__ import annotations

import inspect
import warnings
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pronghorn.fields.field import Field
from pronghorn.openapi.constants import METHODS_WITH_BODY
from pronghorn.openapi.definitions import Definitions
from pronghorn.openapi.documented import DocumentedRoute, as_documented_route
from pronghorn.openapi.parameters import collect_parameters, examples_of, operation_parameters
from pronghorn.openapi.responses import document_responses, operation_responses
from pronghorn.openapi.security import Schemes, operation_security
from pronghorn.openapi.validation_errors import (
    VALIDATION_ERROR_COMPONENTS,
    VALIDATION_ERROR_RESPONSE,
    DeclaredRefusals,
    covers,
)
from pronghorn.utils import deep_dict_update


@dataclass
class Context:
    """The state that the operations of one document share."""

    definitions: Definitions
    #: Components that do not come from a field.
    components: dict[str, Any] = field(default_factory=dict)
    security_schemes: Schemes = field(default_factory=dict)
    operation_ids: set[str] = field(default_factory=set)
    #: The responses to invalid requests that the program declared, if it did.
    refusals: DeclaredRefusals | None = None


def path_item(route: DocumentedRoute, context: Context) -> dict[str, Any]:
    """Document a route: its operations by method, in lower case."""
    schemes, requirements = operation_security(route.plan.root)
    context.security_schemes.update(schemes)
    item: dict[str, Any] = {}
    for method in sorted(route.methods):
        operation = operation_metadata(route, context.operation_ids)
        if requirements:
            operation["security"] = requirements
        parameters = operation_parameters(route.plan.root, context.definitions)
        if parameters:
            operation["parameters"] = parameters
        if method in METHODS_WITH_BODY and route.plan.body is not None:
            body = route.plan.body
            operation["requestBody"] = request_body(
                body.field, body.media_type, context.definitions
            )
        if route.callbacks:
            operation["callbacks"] = _callbacks(route.callbacks, context)
        operation["responses"] = operation_responses(route, context.definitions)
        _add_validation_error(route, operation["responses"], context)
        _let_dependencies_document(route, operation)
        if route.openapi_extra:
            deep_dict_update(operation, dict(route.openapi_extra))
        item[method.lower()] = operation
    return item


def _let_dependencies_document(route: DocumentedRoute, operation: dict[str, Any]) -> None:
    """Let dependencies of batteries, such as limits, add their responses and headers."""
    for node in route.plan.root.walk():
        document = getattr(node.marker, "document_operation", None)
        if document is not None:
            document(operation)


def operation_summary(route: DocumentedRoute) -> str:
    """Return the summary: the declared one, or the route's name in words."""
    return route.summary or route.name.replace("_", " ").title()


def operation_metadata(route: DocumentedRoute, operation_ids: set[str]) -> dict[str, Any]:
    """Describe an operation: its tags, summary, description and identifier.

    Warns about an identifier that is among `operation_ids`, and adds it to them.
    """
    operation: dict[str, Any] = {}
    if route.tags:
        operation["tags"] = route.tags
    operation["summary"] = operation_summary(route)
    if route.description:
        operation["description"] = route.description
    operation_id = route.operation_id or route.unique_id
    if operation_id in operation_ids:
        _warn_about_duplicate(operation_id, route)
    operation_ids.add(operation_id)
    operation["operationId"] = operation_id
    if route.deprecated:
        operation["deprecated"] = route.deprecated
    return operation


def _warn_about_duplicate(operation_id: str, route: DocumentedRoute) -> None:
    endpoint = inspect.unwrap(route.plan.endpoint)
    message = f"Duplicate Operation ID {operation_id} for function "
    message += getattr(endpoint, "__name__", repr(endpoint))
    file_name = getattr(endpoint, "__globals__", {}).get("__file__")
    if file_name:
        message += f" at {file_name}"
    warnings.warn(message, stacklevel=2)


def request_body(whole: Field, media_type: str, definitions: Definitions) -> dict[str, Any]:
    """Describe a body that is one field."""
    documented: dict[str, Any] = {"required": True} if whole.required else {}
    content = {"schema": definitions.schema(whole), **examples_of(whole)}
    documented["content"] = {media_type: content}
    return documented


def _callbacks(callbacks: Any, context: Context) -> dict[str, Any]:
    """Document the requests that the endpoint will send, each under its route's name.

    Their security schemes are not the API's, so they stay out of its components.
    """
    documented: dict[str, Any] = {}
    own_schemes = dict(context.security_schemes)
    for callback in callbacks:
        route = as_documented_route(callback)
        if route is not None:
            item = path_item(route, context) if route.include_in_schema else {}
            documented[route.name] = {route.plan.path: item}
    context.security_schemes = own_schemes
    return documented


def reads_something(route: DocumentedRoute) -> bool:
    """Return True if requests to a route can be invalid, because it has parameters or a body."""
    return route.plan.body is not None or bool(collect_parameters(route.plan.root))


def _add_validation_error(
    route: DocumentedRoute, responses: dict[str, Any], context: Context
) -> None:
    """Document the response to an invalid request, unless a declared response covers it.

    That is the 422 of the framework, or what the program declared in its place.
    """
    if not reads_something(route):
        return
    refusals = context.refusals
    if refusals is not None:
        found = document_responses(refusals.responses, refusals.fields, context.definitions)
        added = {key: answer for key, answer in found.items() if not covers(responses, key)}
        responses.update(added)
    elif not covers(responses, "422"):
        responses["422"] = deepcopy(VALIDATION_ERROR_RESPONSE)
        context.components.update(VALIDATION_ERROR_COMPONENTS)
