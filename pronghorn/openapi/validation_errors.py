"""The response to an invalid request: 422, and its schemas."""

from __future__ import annotations

from typing import Any

from pronghorn.openapi.constants import REF_PREFIX

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

#: If the declared responses contain one of these, it describes the response to an invalid request.
REFUSALS = frozenset(("422", "4XX", "default"))
