"""The responses of an operation."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from starlette.responses import JSONResponse

from pronghorn.core.annotations import read_signature
from pronghorn.core.kinds import StreamKind
from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import SetupValueError
from pronghorn.fields.field import Field
from pronghorn.openapi.definitions import Definitions
from pronghorn.openapi.documented import DocumentedRoute
from pronghorn.plan.model import ResponsePlan
from pronghorn.plan.response import DocumentedFields, response_key
from pronghorn.sse import _SSE_EVENT_SCHEMA
from pronghorn.utils import deep_dict_update, is_body_allowed_for_status_code

JSON = "application/json"

#: Descriptions of ranges of status codes, for responses without a description.
status_code_ranges: dict[str, str] = {
    "1XX": "Information",
    "2XX": "Success",
    "3XX": "Redirection",
    "4XX": "Client Error",
    "5XX": "Server Error",
    "DEFAULT": "Default Response",
}


def operation_responses(route: DocumentedRoute, definitions: Definitions) -> dict[str, Any]:
    """Document the response of the endpoint, and those declared with `responses={...}`."""
    plan = route.plan.response
    status = _status_code(route.status_code, plan)
    answer: dict[str, Any] = {"description": route.response_description}
    content = _content(plan, status, definitions)
    if content:
        answer["content"] = content
    responses = {status: answer}
    fields = DocumentedFields(plan.extra_fields, plan.content_fields)
    media_type = plan.response_class.media_type or JSON
    for code, declared in (route.responses or {}).items():
        key = response_key(code)
        answer = responses.setdefault(key, {})
        addition = document_declared(declared, code, fields, media_type, definitions)
        _add_declared(answer, addition, key)
    return responses


def document_responses(
    declared: Mapping[int | str, Mapping[str, Any]],
    fields: DocumentedFields,
    definitions: Definitions,
) -> dict[str, Any]:
    """Document responses that belong to no endpoint, with JSON as the media type of a model."""
    responses: dict[str, Any] = {}
    for code, response in declared.items():
        key = response_key(code)
        addition = document_declared(response, code, fields, JSON, definitions)
        _add_declared(responses.setdefault(key, {}), addition, key)
    return responses


def _status_code(declared: int | None, plan: ResponsePlan) -> str:
    """Return the status code of the endpoint's response: the response class may have its own."""
    if declared is not None:
        return str(int(declared))
    parameter = read_signature(plan.response_class.__init__).parameters.get("status_code")
    default = None if parameter is None else parameter.default
    return str(int(default)) if isinstance(default, int) else "200"


def _content(plan: ResponsePlan, status: str, definitions: Definitions) -> dict[str, Any]:
    """Document the body of the endpoint's response, by media type."""
    if not is_body_allowed_for_status_code(status):
        return {}
    if plan.stream is StreamKind.JSON_LINES:
        return {"application/jsonl": {"itemSchema": _schema(plan.item_field, definitions)}}
    if plan.stream is StreamKind.SERVER_SENT_EVENTS:
        return {"text/event-stream": {"itemSchema": _event_schema(plan.item_field, definitions)}}
    media_type: str | None = plan.response_class.media_type
    if not media_type:
        return {}
    if issubclass(plan.response_class, JSONResponse):
        return {media_type: {"schema": _schema(plan.field, definitions)}}
    return {media_type: {"schema": {"type": "string"}}}


def _schema(field: Field | None, definitions: Definitions) -> dict[str, Any]:
    return {} if field is None else definitions.schema(field)


def _event_schema(field: Field | None, definitions: Definitions) -> dict[str, Any]:
    """Document one server-sent event; its data is JSON if the items have a type."""
    schema = deepcopy(_SSE_EVENT_SCHEMA)
    if field is not None:
        schema["properties"]["data"].update(
            contentMediaType="application/json", contentSchema=definitions.schema(field)
        )
        schema["required"] = ["data"]
    return schema


def document_declared(
    declared: Mapping[str, Any],
    code: int | str,
    fields: DocumentedFields,
    media_type: str,
    definitions: Definitions,
) -> dict[str, Any]:
    """Return a declared response with schemas in place of its models.

    Args:
        declared: The response as the program wrote it.
        code: Its status code or range, as the program wrote it.
        fields: The fields of its models.
        media_type: The media type of a model that stands outside of `content`.
        definitions: The schemas of the document.
    """
    documented = deepcopy({name: value for name, value in declared.items() if name != "model"})
    found = {media_type: fields.models[code]} if code in fields.models else {}
    found |= {media: field for (status, media), field in fields.contents.items() if status == code}
    for media, field in found.items():
        body = documented.setdefault("content", {}).setdefault(media, {})
        body.pop("model", None)
        deep_dict_update(body.setdefault("schema", {}), definitions.schema(field))
    return documented


def _add_declared(answer: dict[str, Any], addition: dict[str, Any], key: str) -> None:
    """Merge a declared response into a response; the declaration takes precedence."""
    meaning = _meaning(key)
    description = addition.get("description") or answer.get("description") or meaning
    deep_dict_update(answer, addition)
    answer["description"] = description


def _meaning(key: str) -> str:
    """Describe a status code or a range by its standard name (RFC 9110, section 15)."""
    if key.upper() in status_code_ranges:
        return status_code_ranges[key.upper()]
    if not key.isdecimal():
        raise setup_error(
            f"responses={{...}} has the key {key!r}, which is not a status code",
            "a name was given instead of the number",
            "a number such as 404, a range such as '4XX', or 'default'",
            kind=SetupValueError,
        )
    return http.client.responses.get(int(key), "Additional Response")
