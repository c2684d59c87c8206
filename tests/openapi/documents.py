"""Make documents of single routes for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pronghorn.openapi.utils import get_openapi
from pronghorn.routes.http import APIRoute


def route(endpoint: Callable[..., Any], path: str = "/", **options: Any) -> APIRoute:
    return APIRoute(path, endpoint, **options)


def document(*routes: Any, **options: Any) -> dict[str, Any]:
    return get_openapi(title="Shop", version="1", routes=routes, **options)


def operation(endpoint: Callable[..., Any], path: str = "/", **options: Any) -> dict[str, Any]:
    """Document one endpoint, and give its only operation."""
    item: dict[str, Any] = document(route(endpoint, path, **options))["paths"][path]
    (found,) = item.values()
    assert isinstance(found, dict)
    return found


def schemas(*endpoints: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """Document endpoints as POST routes, and give the components without those of errors."""
    routes = [
        route(endpoint, f"/{number}", methods=["POST"]) for number, endpoint in enumerate(endpoints)
    ]
    found: dict[str, Any] = document(*routes, **options)["components"]["schemas"]
    errors = ("HTTPValidationError", "ValidationError")
    return {name: schema for name, schema in found.items() if name not in errors}
