"""The part of ``fastapi._compat`` that asks about types."""

from collections.abc import Sequence
from typing import Any, TypeGuard

from pydantic import VERSION

from pronghorn.core.reexports import find_elsewhere
from pronghorn.fields.annotations import (
    SEQUENCE_TYPES,
    is_bytes,
    is_bytes_sequence,
    is_class,
    is_complex,
    is_scalar,
    is_scalar_sequence,
    is_sequence,
    is_upload,
    is_upload_sequence,
)
from pronghorn.plan.supported import is_pydantic_v1_model, uses_pydantic_v1

PYDANTIC_VERSION = VERSION
PYDANTIC_VERSION_MINOR_TUPLE = tuple(int(part) for part in VERSION.split(".")[:2])

sequence_types = SEQUENCE_TYPES
annotation_is_pydantic_v1 = uses_pydantic_v1
field_annotation_is_complex = is_complex
field_annotation_is_scalar = is_scalar
field_annotation_is_scalar_sequence = is_scalar_sequence
field_annotation_is_sequence = is_sequence
is_bytes_or_nonable_bytes_annotation = is_bytes
is_bytes_sequence_annotation = is_bytes_sequence
is_pydantic_v1_model_class = is_pydantic_v1_model
is_uploadfile_or_nonable_uploadfile_annotation = is_upload
is_uploadfile_sequence_annotation = is_upload_sequence


def lenient_issubclass(
    cls: Any, class_or_tuple: type[Any] | tuple[type[Any], ...] | None
) -> TypeGuard[type[Any]]:
    """``issubclass`` that answers ``False`` for what is no class."""
    return class_or_tuple is not None and is_class(cls, class_or_tuple)


def value_is_sequence(value: Any) -> TypeGuard[Sequence[Any]]:
    """Whether a value is a list, set, tuple and so on, but no text and no bytes."""
    return isinstance(value, sequence_types) and not isinstance(value, (str, bytes))


def is_pydantic_v1_model_instance(obj: Any) -> bool:
    """Whether a value is an instance of a ``pydantic.v1`` model."""
    return is_pydantic_v1_model(type(obj))


find_elsewhere(__name__)
