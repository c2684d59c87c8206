"""The names that FastAPI programs import to make or extend a document."""

from __future__ import annotations

from typing import Any

from pronghorn.core.reexports import find_elsewhere
from pronghorn.openapi.constants import METHODS_WITH_BODY, REF_PREFIX, REF_TEMPLATE
from pronghorn.openapi.operations import operation_summary
from pronghorn.openapi.responses import status_code_ranges
from pronghorn.openapi.schema import get_fields_from_routes, get_openapi
from pronghorn.openapi.validation_errors import (
    validation_error_definition,
    validation_error_response_definition,
)
from pronghorn.utils import deep_dict_update

__all__ = [
    "METHODS_WITH_BODY",
    "REF_PREFIX",
    "REF_TEMPLATE",
    "deep_dict_update",
    "generate_operation_summary",
    "get_fields_from_routes",
    "get_openapi",
    "status_code_ranges",
    "validation_error_definition",
    "validation_error_response_definition",
]


def generate_operation_summary(*, route: Any, method: str) -> str:
    """Return the summary of an operation: the declared one, or the route's name in words.

    Args:
        route: The route.
        method: Ignored: the summary is the same for all methods of a route.
    """
    return operation_summary(route)


find_elsewhere(__name__)
