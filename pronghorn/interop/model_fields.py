"""Create fields, which validate and document, for libraries that create routes themselves."""

from __future__ import annotations

from copy import copy
from typing import Any, Literal

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pronghorn.fields.field import Field
from pronghorn.plan.body import checked_field


def create_model_field(
    name: str,
    type_: Any,
    default: Any = PydanticUndefined,
    field_info: FieldInfo | None = None,
    alias: str | None = None,
    mode: Literal["validation", "serialization"] = "validation",
    **_: Any,
) -> Field:
    """Return a field of a type, such as the one in `route.response_field`.

    Args:
        name: Its name in Python.
        type_: The type to which values are validated.
        default: Its default, if there is no `field_info`.
        field_info: A whole declaration: default, alias, constraints, documentation.
        alias: Its name outside of Python, if there is no `field_info`.
        mode: `"serialization"` for values that are sent.

    Raises:
        SetupError: Pydantic cannot handle the type.
        PydanticV1NotSupportedError: The type is a model of `pydantic.v1`.
    """
    if field_info is None:
        info = FieldInfo(annotation=type_, default=default, alias=alias)
    else:
        info = copy(field_info)
        info.annotation = type_
    return checked_field(name, info, mode)


create_response_field = create_model_field
