"""Make JSON Schemas of fields in steps: models, their names, definitions, a single schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from pronghorn.fields.annotations import is_class
from pronghorn.fields.field import Field
from pronghorn.openapi.definitions import Definitions, define, writes_computed_fields
from pronghorn.types import ModelNameMap

TypeModelOrEnum = type[BaseModel] | type[Enum]
TypeModelSet = set[TypeModelOrEnum]
FieldMapping = Mapping[tuple[Field, Literal["validation", "serialization"]], dict[str, Any]]


def get_definitions(
    *,
    fields: Sequence[Field],
    model_name_map: ModelNameMap,
    separate_input_output_schemas: bool = True,
) -> tuple[
    dict[tuple[Field, Literal["validation", "serialization"]], dict[str, Any]],
    dict[str, dict[str, Any]],
]:
    """Make the schemas of several fields together, so that they share definitions.

    Args:
        fields: The fields. Their order decides between models with the same name.
        model_name_map: Not used: Pydantic names the models.
        separate_input_output_schemas: Whether a model whose input differs from its output has two
            definitions.

    Returns:
        The schema of each field, by the field and its mode, and the definitions by name.
    """
    found = define(fields, separate_input_output_schemas=separate_input_output_schemas)
    mapping = {(field, found.modes[field]): schema for field, schema in found.schemas.items()}
    return mapping, found.components


def definitions_of(field_mapping: FieldMapping) -> Definitions:
    """Return the schemas of `get_definitions` in the form that `pronghorn.openapi` reads."""
    return Definitions({field: schema for (field, _), schema in field_mapping.items()})


def get_schema_from_model_field(
    *,
    field: Field,
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
    field_alias: str | None = None,
) -> dict[str, Any]:
    """Return the schema of one field as a copy, with a title unless it is a reference.

    Args:
        field: The field; its schema is in `field_mapping`.
        model_name_map: Not used.
        field_mapping: The schemas that `get_definitions` made.
        separate_input_output_schemas: Not used: `field_mapping` has the mode.
        field_alias: The name from which the title is made; by default that of the field.

    Raises:
        KeyError: The field is not one for which `get_definitions` was called.
    """
    if field_alias is None or field.info.title:
        return definitions_of(field_mapping).schema(field)
    schema: dict[str, Any] = deepcopy(definitions_of(field_mapping).schemas[field])
    if "$ref" not in schema:
        schema["title"] = field_alias.title().replace("_", " ")
    return schema


def normalize_name(name: str) -> str:
    """Return the name of a model as a reference may contain it: `Page_int_` for `Page[int]`."""
    return re.sub(r"[^a-zA-Z0-9.\-_]", "_", name)


def get_model_name_map(unique_models: TypeModelSet) -> ModelNameMap:
    """Return the names of models; of several with the same name, only the last is included."""
    by_name = {normalize_name(model.__name__): model for model in unique_models}
    return {model: name for name, model in by_name.items()}


# --- the models that fields use ---------------------------------------------------------------


def get_flat_models_from_fields(
    fields: Sequence[Field], known_models: TypeModelSet
) -> TypeModelSet:
    """Add the models and enums that fields use to `known_models`, and return it."""
    for field in fields:
        get_flat_models_from_field(field, known_models)
    return known_models


def get_flat_models_from_field(field: Field, known_models: TypeModelSet) -> TypeModelSet:
    """Add the models and enums that a field uses to `known_models`, and return it."""
    if get_origin(field.annotation) is None:
        _add_model(field.annotation, known_models)
    return get_flat_models_from_annotation(field.annotation, known_models)


def get_flat_models_from_annotation(annotation: Any, known_models: TypeModelSet) -> TypeModelSet:
    """Add the models and enums among the arguments of a type to `known_models`, and return it."""
    if get_origin(annotation) is not None:
        for argument in get_args(annotation):
            _add_model(argument, known_models)
            get_flat_models_from_annotation(argument, known_models)
    return known_models


def get_flat_models_from_model(
    model: type[BaseModel], known_models: TypeModelSet | None = None
) -> TypeModelSet:
    """Add the models and enums that the fields of a model use to `known_models`, and return it."""
    known = set() if known_models is None else known_models
    for info in model.model_fields.values():
        if get_origin(info.annotation) is None:
            _add_model(info.annotation, known)
        get_flat_models_from_annotation(info.annotation, known)
    return known


def _add_model(annotation: Any, known_models: TypeModelSet) -> None:
    if not is_class(annotation, (BaseModel, Enum)) or annotation in known_models:
        return
    known_models.add(annotation)
    if issubclass(annotation, BaseModel):
        get_flat_models_from_model(annotation, known_models)


# --- smaller ones -------------------------------------------------------------------------------


def asdict(field_info: FieldInfo) -> dict[str, Any]:
    """Return a dict with the `annotation`, the `metadata` and the other `attributes`."""
    names = (name for name in FieldInfo.__slots__ if not name.startswith("_"))
    parts = {name: getattr(field_info, name, None) for name in names}
    annotation, metadata = parts.pop("annotation"), parts.pop("metadata")
    return {"annotation": annotation, "metadata": list(metadata or ()), "attributes": parts}


def _has_computed_fields(field: Field) -> bool:
    """Return True if the type of a field contains a model with computed fields."""
    return writes_computed_fields(field.adapter.core_schema)


def _annotation_has_computed_fields(annotation: Any, *, known_models: set[type[BaseModel]]) -> bool:
    """Return True if a type contains a model with computed fields.

    Args:
        annotation: The type.
        known_models: Not used: a recursive model is always read only once.
    """
    return writes_computed_fields(TypeAdapter(annotation).core_schema)
