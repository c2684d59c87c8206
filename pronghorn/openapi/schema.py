"""The whole OpenAPI document of an application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from pronghorn.declare.options import Responses
from pronghorn.encoders import jsonable_encoder
from pronghorn.fields.field import Field
from pronghorn.openapi.definitions import define
from pronghorn.openapi.documented import DocumentedRoute, find_documented_routes
from pronghorn.openapi.operations import Context, path_item, reads_something
from pronghorn.openapi.parameters import collect_parameters, flat_parameters
from pronghorn.openapi.validation_errors import DeclaredRefusals, plan_refusals


def get_openapi(
    *,
    title: str,
    version: str,
    openapi_version: str = "3.1.0",
    summary: str | None = None,
    description: str | None = None,
    routes: Sequence[Any],
    webhooks: Sequence[Any] | None = None,
    tags: list[dict[str, Any]] | None = None,
    servers: list[dict[str, str | Any]] | None = None,
    terms_of_service: str | None = None,
    contact: dict[str, str | Any] | None = None,
    license_info: dict[str, str | Any] | None = None,
    separate_input_output_schemas: bool = True,
    external_docs: dict[str, Any] | None = None,
    validation_error_responses: Responses | None = None,
) -> dict[str, Any]:
    """Return the OpenAPI document of some routes, as data that can be written as JSON.

    Args:
        title: Name of the API.
        version: Version of the API, not of the specification.
        openapi_version: Version of the specification that the document claims to follow.
        summary: The API in one sentence.
        description: The API in any length; Markdown.
        routes: The routes, or route contexts, to document. Mounts, plain Starlette routes,
            WebSocket routes and hidden routes are skipped.
        webhooks: Routes that describe requests which the API sends.
        tags: Descriptions of tags, in the order in which they are shown.
        servers: The addresses of the API.
        terms_of_service: URL of the terms of service.
        contact: `name`, `url` and `email` of the contact for the API.
        license_info: `name`, and `identifier` or `url`, of the API's licence.
        separate_input_output_schemas: Whether a model that reads other data than it writes gets two
            schemas.
        external_docs: `url` and `description` of documentation elsewhere.
        validation_error_responses: The responses to invalid requests, in place of the 422.

    Raises:
        ValueError: A declared response has a key that is not a status code, or something does not
            match the specification (`pydantic.ValidationError`).
    """
    shown = list(find_documented_routes(routes))
    hooks = list(find_documented_routes(webhooks or ()))
    refusals = plan_refusals(validation_error_responses)
    context = _context([*shown, *hooks], separate_input_output_schemas, refusals)
    info: dict[str, Any] = {
        "title": title,
        "version": version,
        "summary": summary or None,
        "description": description or None,
        "termsOfService": terms_of_service or None,
        "contact": contact or None,
        "license": license_info or None,
    }
    about: dict[str, Any] = {
        "openapi": openapi_version,
        "info": info,
        "servers": servers or None,
        "tags": tags or None,
        "externalDocs": external_docs or None,
    }
    return _check_document({**about, **_describe_routes(shown, hooks, context)})


def _describe_routes(
    shown: Sequence[DocumentedRoute], hooks: Sequence[DocumentedRoute], context: Context
) -> dict[str, Any]:
    """Return the members of a document that describe its routes, and what they refer to."""
    paths = _paths(shown, context)
    webhook_paths = _paths(hooks, context)
    return {
        "paths": paths,
        "webhooks": webhook_paths or None,
        "components": _components(context),
    }


def get_fields_from_routes(routes: Sequence[Any]) -> list[Field]:
    """Return every field that the document of some routes describes, parameters last."""
    return _fields(list(_with_callbacks(find_documented_routes(routes))))


def _check_document(document: dict[str, Any]) -> dict[str, Any]:
    """Read the document with the models of the specification, and write it again.

    This rejects invalid documents, and sorts the members into the order of the specification.
    """
    # Importing its classes takes long, so `import pronghorn` does without them.
    from pronghorn.openapi.models import OpenAPI

    model = OpenAPI.model_validate(document)
    encoded: dict[str, Any] = jsonable_encoder(model, by_alias=True, exclude_none=True)
    return encoded


def _context(
    routes: Iterable[DocumentedRoute], separate: bool, refusals: DeclaredRefusals | None
) -> Context:
    every = list(_with_callbacks(routes))
    fields = _fields(every)
    if refusals is not None and any(reads_something(route) for route in every):
        fields += [*refusals.fields.models.values(), *refusals.fields.contents.values()]
    definitions = define(fields, separate_input_output_schemas=separate)
    return Context(definitions, refusals=refusals)


def _with_callbacks(routes: Iterable[DocumentedRoute]) -> Iterator[DocumentedRoute]:
    for route in routes:
        yield from _with_callbacks(find_documented_routes(route.callbacks or ()))
        yield route


def _fields(routes: Sequence[DocumentedRoute]) -> list[Field]:
    """Return all fields to describe: bodies, then responses, then parameters.

    Of several models with the same name, the first one keeps the short name.
    """
    fields = [route.plan.body.field for route in routes if route.plan.body is not None]
    for route in routes:
        plan = route.plan.response
        documented = (*plan.extra_fields.values(), *plan.content_fields.values())
        candidates = (plan.field, plan.item_field, *documented)
        fields.extend(field for field in candidates if field is not None)
    for route in routes:
        parameters = collect_parameters(route.plan.root)
        fields.extend(chain.from_iterable(flat_parameters(field) for field in parameters))
    return fields


def _paths(routes: Iterable[DocumentedRoute], context: Context) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for route in routes:
        item = path_item(route, context)
        if item:
            paths.setdefault(route.path_format, {}).update(item)
    return paths


def _components(context: Context) -> dict[str, Any] | None:
    schemas = context.definitions.components | context.components
    components: dict[str, Any] = {}
    if schemas:
        components["schemas"] = {name: schemas[name] for name in sorted(schemas)}
    if context.security_schemes:
        components["securitySchemes"] = context.security_schemes
    return components or None
