"""Limits in the OpenAPI document: the answer 429, and the headers of all answers."""

from __future__ import annotations

from typing import Any

_HEADERS = {
    "RateLimit-Policy": {
        "description": "The limits of the client: a name, the quota `q`, its window `w` in seconds",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "What is left: the name of a limit, the rest `r`, and the seconds `t` "
        "until its window ends",
        "schema": {"type": "string"},
    },
}
_RETRY_AFTER = {
    "description": "The seconds after which a request will fit",
    "schema": {"type": "integer"},
}
_BODY = {
    "type": "object",
    "properties": {"detail": {"type": "string", "title": "Detail"}},
    "required": ["detail"],
    "title": "Refusal",
}


def document_limit(operation: dict[str, Any], rules: list[str], *, is_closed: bool) -> None:
    """Describe a limit in an operation; a second limit of the operation changes nothing.

    Args:
        operation: The operation, which is changed. What the program has declared stays.
        rules: The quotas in words.
        is_closed: Whether requests are refused while the store is away.
    """
    responses = operation.setdefault("responses", {})
    for status, response in responses.items():
        if str(status).startswith("2"):
            response["headers"] = {**_HEADERS, **response.get("headers", {})}
    refusal = responses.setdefault(
        "429",
        {
            "description": f"Too Many Requests: {', '.join(rules)}",
            "content": {"application/json": {"schema": _BODY}},
        },
    )
    refusal["headers"] = {"Retry-After": _RETRY_AFTER, **_HEADERS, **refusal.get("headers", {})}
    if is_closed:
        away = {
            "description": "Service Unavailable: the limit cannot be checked",
            "headers": {"Retry-After": _RETRY_AFTER},
            "content": {"application/json": {"schema": _BODY}},
        }
        responses.setdefault("503", away)
