"""The response to an invalid request: 422, and its schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import SetupTypeError
from pronghorn.openapi.constants import REF_PREFIX
from pronghorn.plan.response import DocumentedFields, plan_documented

#: The name of the option in error messages.
OPTION = "FastAPI(validation_error_responses=...)"

validation_error_definition: dict[str, Any] = {
    "title": "ValidationError",
    "type": "object",
    "properties": {
        "loc": {
            "title": "Location",
            "type": "array",
            "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        },
        "msg": {"title": "Message", "type": "string"},
        "type": {"title": "Error Type", "type": "string"},
        "input": {"title": "Input"},
        "ctx": {"title": "Context", "type": "object"},
    },
    "required": ["loc", "msg", "type"],
}

validation_error_response_definition: dict[str, Any] = {
    "title": "HTTPValidationError",
    "type": "object",
    "properties": {
        "detail": {
            "title": "Detail",
            "type": "array",
            "items": {"$ref": REF_PREFIX + "ValidationError"},
        }
    },
}

#: The components that `VALIDATION_ERROR_RESPONSE` refers to.
VALIDATION_ERROR_COMPONENTS: dict[str, dict[str, Any]] = {
    "ValidationError": validation_error_definition,
    "HTTPValidationError": validation_error_response_definition,
}

VALIDATION_ERROR_RESPONSE: dict[str, Any] = {
    "description": "Validation Error",
    "content": {
        "application/json": {"schema": {"$ref": REF_PREFIX + "HTTPValidationError"}},
    },
}


class DeclaredRefusals(NamedTuple):
    """The responses to invalid requests that a program declared in place of the 422."""

    responses: Mapping[int | str, Mapping[str, Any]]
    fields: DocumentedFields


def plan_refusals(responses: Any) -> DeclaredRefusals | None:
    """Return the responses of `FastAPI(validation_error_responses={...})` with their fields.

    Raises:
        SetupError: It is not a dict of responses, or Pydantic cannot handle a model.
    """
    if responses is None:
        return None
    if not isinstance(responses, Mapping):
        raise setup_error(
            "validation_error_responses must be a dict of responses by status code",
            f"FastAPI(validation_error_responses={responses!r}) was written",
            'FastAPI(validation_error_responses={422: {"model": Model}})',
            kind=SetupTypeError,
        )
    fields = plan_documented(responses, "validation_error", lambda: OPTION)
    return DeclaredRefusals(responses, fields)


def covers(responses: Mapping[str, Any], key: str) -> bool:
    """Return True if the responses of an operation describe a status code or range already."""
    return not responses.keys().isdisjoint((key, f"{key[0]}XX", "default"))
