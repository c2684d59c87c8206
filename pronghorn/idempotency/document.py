"""Idempotency keys in the OpenAPI document: the header, and the answers to misuse."""

from __future__ import annotations

from typing import Any

_BODY = {
    "type": "object",
    "properties": {"detail": {"type": "string", "title": "Detail"}},
    "required": ["detail"],
    "title": "IdempotencyProblem",
}


def document_key(operation: dict[str, Any], header: str, *, required: bool) -> None:
    """Describe the key in an operation; what the program has declared stays.

    Args:
        operation: The operation, which is changed.
        header: The name of the header.
        required: Whether each request needs it.
    """
    for parameter in operation.get("parameters", ()):
        if parameter.get("name") == header and parameter.get("in") == "header":
            parameter["required"] = required
            parameter.setdefault("description", "A repeat with the same key happens only once")
    responses = operation.setdefault("responses", {})
    for status, response in responses.items():
        if str(status).startswith("2"):
            headers = response.setdefault("headers", {})
            headers.setdefault(
                "Idempotency-Replayed",
                {
                    "description": "`true` if the response is that of an earlier request",
                    "schema": {"type": "string"},
                },
            )
    described = {"409": f"A request with this {header} is being processed"}
    if required:
        described["400"] = f"The header {header} is missing"
    for status, description in described.items():
        content = {"application/json": {"schema": _BODY}}
        responses.setdefault(status, {"description": description, "content": content})
