"""The size limits of forms, validated when they are declared."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from pronghorn.core.reexports import find_elsewhere

#: The key in the ASGI scope under which a mount finds the limits of the levels around it.
SCOPE_KEY = "pronghorn.form_limits"

NonNegative = Annotated[int, Field(ge=0)]


# Strict: True and "10" are mistakes, not numbers.
@with_config(ConfigDict(extra="forbid", strict=True))
class FormLimits(TypedDict, total=False):
    """Limits for parsing a form. An absent key inherits from the router or the application."""

    max_fields: NonNegative
    """The maximum number of fields that are not files. Defaults to 1000."""
    max_files: NonNegative
    """The maximum number of files. Defaults to 1000."""
    max_part_size: NonNegative
    """The maximum size in bytes of a field that is not a file. Defaults to 1 MiB."""


_FormLimits = FormLimits


@cache  # Not at import: the first validator of a process loads Pydantic's plugins.
def _limits() -> TypeAdapter[FormLimits]:
    return TypeAdapter(FormLimits)


def validate_form_limits(limits: Any) -> FormLimits:
    """Check the limits and copy them, so that later changes by the caller have no effect.

    Args:
        limits: The value that the program wrote; `None` sets no limits.

    Returns:
        The validated copy.

    Raises:
        ValueError: A key is unknown, or a value is not an integer of at least 0. The class is
            Pydantic's `ValidationError`.
    """
    return _limits().validate_python({} if limits is None else limits)


def limits_in_scope(scope: Mapping[str, Any], limits: Mapping[str, int]) -> Mapping[str, int]:
    """Return the limits of a route combined with those of the levels around its mount."""
    outer = scope.get(SCOPE_KEY)
    return {**outer, **limits} if outer else limits


find_elsewhere(__name__)
