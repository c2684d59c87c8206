"""The part of ``fastapi._compat`` that is about fields and models."""

from collections.abc import Sequence
from copy import copy
from functools import lru_cache
from typing import Any, get_origin

from pydantic import BaseModel, ConfigDict, create_model
from pydantic.errors import PydanticSchemaGenerationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, Url
from pydantic_core.core_schema import with_info_plain_validator_function

from pronghorn.core.reexports import find_elsewhere
from pronghorn.fields.annotations import (
    is_none,
    is_scalar,
    is_sequence,
    strip_metadata,
    union_members,
)
from pronghorn.fields.field import ErrorDetail, ErrorLocation, missing_error
from pronghorn.fields.field import Field as ModelField
from pronghorn.plan.signature import resolve_annotation

__all__ = [
    "ModelField",
    "PydanticSchemaGenerationError",
    "RequiredParam",
    "Undefined",
    "Url",
    "copy_field_info",
    "create_body_model",
    "evaluate_forwardref",
    "get_cached_model_fields",
    "get_missing_field_error",
    "get_model_fields",
    "is_scalar_field",
    "serialize_sequence_value",
    "with_info_plain_validator_function",
]

Undefined: Any = PydanticUndefined
RequiredParam: Any = PydanticUndefined


def evaluate_forwardref(
    value: Any,
    globalns: dict[str, Any] | None = None,
    localns: dict[str, Any] | None = None,
) -> Any:
    """Resolve a forward reference; it is given back unchanged if a name is unknown."""
    return resolve_annotation(value, {**(globalns or {}), **(localns or {})})


def is_scalar_field(field: ModelField) -> bool:
    """Whether the field is one value outside the body."""
    return is_scalar(field.annotation) and field.location != "body"


def get_missing_field_error(loc: ErrorLocation) -> ErrorDetail:
    """The error for a required value that was not sent."""
    return missing_error(loc)


def copy_field_info(*, field_info: FieldInfo, annotation: Any) -> FieldInfo:
    """A copy of a declaration for another type."""
    copied = copy(field_info)
    copied.annotation = annotation
    copied.metadata = list(field_info.metadata)
    return copied


def get_model_fields(model: type[BaseModel]) -> list[ModelField]:
    """The fields of a model."""
    return [
        ModelField(name, info, config=model.model_config, deferred=True)
        for name, info in model.model_fields.items()
    ]


@lru_cache
def get_cached_model_fields(model: type[BaseModel]) -> list[ModelField]:
    """The fields of a model, made once."""
    return get_model_fields(model)


def create_body_model(
    *, fields: Sequence[ModelField], model_name: str, config: ConfigDict | None = None
) -> type[BaseModel]:
    """A model with the given fields."""
    members: dict[str, Any] = {field.name: (field.annotation, field.info) for field in fields}
    return create_model(model_name, __config__=config, **members)


def serialize_sequence_value(*, field: ModelField, value: Any) -> Sequence[Any]:
    """Turn a sequence into the kind of sequence that the field declares.

    Raises:
        TypeError: The field is no sequence.
    """
    candidates = [item for item in union_members(field.annotation) if not is_none(item)]
    for candidate in candidates or [field.annotation]:
        if is_sequence(candidate):
            bare = strip_metadata(candidate)
            kind = get_origin(bare) or bare
            made: Sequence[Any] = list(value) if kind is Sequence else kind(value)
            return made
    raise TypeError(f"{field!r} is no sequence")


find_elsewhere(__name__)
