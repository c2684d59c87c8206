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
    "title": "TooManyRequests",
}


def document_limit(operation: dict[str, Any], rules: list[str]) -> None:
    """Describe a limit in an operation; a second limit of the operation changes nothing.

    Args:
        operation: The operation, which is changed. What the program has declared stays.
        rules: The quotas in words.
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
