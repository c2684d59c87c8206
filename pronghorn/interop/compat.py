"""Functions about fields, models and types, under their names in `fastapi._compat`."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import lru_cache
from typing import Any, TypeGuard, get_origin

from pydantic import VERSION, BaseModel, ConfigDict, create_model
from pydantic.fields import FieldInfo

from pronghorn.fields.annotations import (
    SEQUENCE_TYPES,
    is_class,
    is_none,
    is_scalar,
    is_sequence,
    strip_metadata,
    union_members,
)
from pronghorn.fields.field import Field
from pronghorn.plan.check import is_pydantic_v1_model
from pronghorn.plan.signature import resolve_annotation

PYDANTIC_VERSION_MINOR_TUPLE = tuple(int(part) for part in VERSION.split(".")[:2])


def lenient_issubclass(
    cls: Any, class_or_tuple: type[Any] | tuple[type[Any], ...] | None
) -> TypeGuard[type[Any]]:
    """Return `issubclass(...)`, or `False` if the first argument is not a class."""
    return class_or_tuple is not None and is_class(cls, class_or_tuple)


def value_is_sequence(value: Any) -> TypeGuard[Sequence[Any]]:
    """Return True if a value is a list, set, tuple and so on, but neither text nor bytes."""
    return isinstance(value, SEQUENCE_TYPES) and not isinstance(value, (str, bytes))


def is_pydantic_v1_model_instance(obj: Any) -> bool:
    """Return True if a value is an instance of a `pydantic.v1` model."""
    return is_pydantic_v1_model(type(obj))


def evaluate_forwardref(
    value: Any,
    globalns: dict[str, Any] | None = None,
    localns: dict[str, Any] | None = None,
) -> Any:
    """Resolve a forward reference, or return it unchanged if a name in it is unknown."""
    return resolve_annotation(value, {**(globalns or {}), **(localns or {})})


def is_scalar_field(field: Field) -> bool:
    """Return True if a field is a single value outside the body."""
    return is_scalar(field.annotation) and field.location != "body"


def copy_field_info(*, field_info: FieldInfo, annotation: Any) -> FieldInfo:
    """Return a copy of a declaration for another type."""
    copied = copy(field_info)
    copied.annotation = annotation
    copied.metadata = list(field_info.metadata)
    return copied


def get_model_fields(model: type[BaseModel]) -> list[Field]:
    """Return the fields of a model."""
    return [
        Field(name, info, config=model.model_config, deferred=True)
        for name, info in model.model_fields.items()
    ]


get_cached_model_fields = lru_cache(get_model_fields)


def create_body_model(
    *, fields: Sequence[Field], model_name: str, config: ConfigDict | None = None
) -> type[BaseModel]:
    """Return a model with the given fields."""
    members: dict[str, Any] = {field.name: (field.annotation, field.info) for field in fields}
    return create_model(model_name, __config__=config, **members)


def serialize_sequence_value(*, field: Field, value: Any) -> Sequence[Any]:
    """Turn a sequence into the kind of sequence that the field declares.

    Raises:
        TypeError: The field does not declare a sequence.
    """
    candidates = [item for item in union_members(field.annotation) if not is_none(item)]
    for candidate in candidates or [field.annotation]:
        if is_sequence(candidate):
            bare = strip_metadata(candidate)
            kind = get_origin(bare) or bare
            made: Sequence[Any] = list(value) if kind is Sequence else kind(value)
            return made
    raise TypeError(f"{field!r} is not a sequence")
