"""How large a form may be: a declaration, checked when it is written."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from pronghorn.core.reexports import find_elsewhere

#: Where the limits of the levels around a mount are, in the ASGI scope.
SCOPE_KEY = "pronghorn.form_limits"

NonNegative = Annotated[int, Field(ge=0)]


# Strict: True and "10" are mistakes, not numbers.
@with_config(ConfigDict(extra="forbid", strict=True))
class FormLimits(TypedDict, total=False):
    """Limits for parsing a form; an absent key inherits from the router or the application."""

    max_fields: NonNegative
    """The greatest number of fields that are not files; 1000 unless set anywhere."""
    max_files: NonNegative
    """The greatest number of files; 1000 unless set anywhere."""
    max_part_size: NonNegative
    """The greatest size in bytes of a field that is not a file; 1 MiB unless set anywhere."""


_FormLimits = FormLimits


@cache  # Not at import: the first validator of a process loads Pydantic's plugins.
def _limits() -> TypeAdapter[FormLimits]:
    return TypeAdapter(FormLimits)


def validate_form_limits(limits: Any) -> FormLimits:
    """Check the limits and copy them, so that later changes by the caller have no effect.

    Args:
        limits: What the program wrote; ``None`` for no limits of its own.

    Raises:
        ValueError: A key is unknown, or a value is not an integer of at least 0. It is
            Pydantic's ``ValidationError``.
    """
    return _limits().validate_python({} if limits is None else limits)


def limits_in_scope(scope: Mapping[str, Any], limits: Mapping[str, int]) -> Mapping[str, int]:
    """The limits of a route, with those of the levels around the mount that it is in."""
    outer = scope.get(SCOPE_KEY)
    return {**outer, **limits} if outer else limits


find_elsewhere(__name__)
