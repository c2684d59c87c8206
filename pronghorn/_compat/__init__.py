"""Names that programs import from ``fastapi._compat``.

It was never a public module, but libraries and FastAPI's own tests use it. Everything here is a
view of `pronghorn.fields.field` and `pronghorn.fields.annotations`, which new code should use
instead.
"""

from pronghorn._compat.shared import (
    PYDANTIC_VERSION,
    PYDANTIC_VERSION_MINOR_TUPLE,
    annotation_is_pydantic_v1,
    field_annotation_is_complex,
    field_annotation_is_scalar,
    field_annotation_is_scalar_sequence,
    field_annotation_is_sequence,
    is_bytes_or_nonable_bytes_annotation,
    is_bytes_sequence_annotation,
    is_pydantic_v1_model_class,
    is_pydantic_v1_model_instance,
    is_uploadfile_or_nonable_uploadfile_annotation,
    is_uploadfile_sequence_annotation,
    lenient_issubclass,
    sequence_types,
    value_is_sequence,
)
from pronghorn._compat.v2 import (
    ModelField,
    PydanticSchemaGenerationError,
    RequiredParam,
    Undefined,
    Url,
    copy_field_info,
    create_body_model,
    evaluate_forwardref,
    get_cached_model_fields,
    get_missing_field_error,
    get_model_fields,
    is_scalar_field,
    serialize_sequence_value,
    with_info_plain_validator_function,
)
from pronghorn.core.reexports import find_elsewhere
from pronghorn.interop.schemas import (
    get_definitions,
    get_flat_models_from_fields,
    get_model_name_map,
    get_schema_from_model_field,
)

__all__ = [
    "get_schema_from_model_field",
    "get_model_name_map",
    "get_flat_models_from_fields",
    "get_definitions",
    "PYDANTIC_VERSION",
    "PYDANTIC_VERSION_MINOR_TUPLE",
    "ModelField",
    "PydanticSchemaGenerationError",
    "RequiredParam",
    "Undefined",
    "Url",
    "annotation_is_pydantic_v1",
    "copy_field_info",
    "create_body_model",
    "evaluate_forwardref",
    "field_annotation_is_complex",
    "field_annotation_is_scalar",
    "field_annotation_is_scalar_sequence",
    "field_annotation_is_sequence",
    "get_cached_model_fields",
    "get_missing_field_error",
    "get_model_fields",
    "is_bytes_or_nonable_bytes_annotation",
    "is_bytes_sequence_annotation",
    "is_pydantic_v1_model_class",
    "is_pydantic_v1_model_instance",
    "is_scalar_field",
    "is_uploadfile_or_nonable_uploadfile_annotation",
    "is_uploadfile_sequence_annotation",
    "lenient_issubclass",
    "sequence_types",
    "serialize_sequence_value",
    "value_is_sequence",
    "with_info_plain_validator_function",
]

find_elsewhere(__name__)
