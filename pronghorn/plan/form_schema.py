"""Document forms that consist of several models.

The fields of a form are flat, even if several models read them, or if one model may be absent as
a whole. Pydantic does not have a type for that, so we create a model that only documents it: an
`allOf` of the models, beside the single fields as properties.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, ClassVar

from pydantic import AliasChoices, AliasPath, BaseModel, GetJsonSchemaHandler, create_model
from pydantic_core import CoreSchema, PydanticUndefined

from pronghorn.fields.annotations import union_members
from pronghorn.fields.field import Field


class FormSchema(BaseModel, defer_build=True):
    """The base class of models that document a form. They never validate anything."""

    form_fields: ClassVar[tuple[Field, ...]] = ()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        found: dict[str, Any] = schema.pop("properties", {})
        schema.pop("required", None)
        together: list[Any] = []
        properties: dict[str, Any] = {}
        for key, field in _number_fields(cls.form_fields):
            if field.is_separate:
                together += _conditions(field, found[key], handler)
            elif field.alias in properties:
                together.append({"properties": {field.alias: found[key]}})
            else:
                properties[field.alias] = found[key]
        schema["allOf"] = together
        if properties:
            schema["properties"] = properties
        required = [
            field.alias for field in cls.form_fields if field.required and not field.is_separate
        ]
        if required:
            schema["required"] = list(dict.fromkeys(required))
        return schema


def form_schema(name: str, fields: Sequence[Field]) -> type[BaseModel]:
    """Return a model that documents a form.

    Args:
        name: The name of the model.
        fields: The fields of the form; some of them are models.
    """
    members: dict[str, Any] = {
        key: (field.annotation, _member_info(field)) for key, field in _number_fields(fields)
    }
    model = create_model(name, __base__=FormSchema, **members)
    model.form_fields = tuple(fields)
    return model


def _number_fields(fields: Sequence[Field]) -> list[tuple[str, Field]]:
    """Return each field with a unique key, because two models may have fields of the same name."""
    return [(f"field_{number}", field) for number, field in enumerate(fields)]


def _member_info(field: Field) -> Any:
    info = copy(field.info)
    info.alias = info.validation_alias = info.serialization_alias = None
    plain_model = field.model is not None and not union_members(field.annotation)
    if info.title is None and not plain_model:
        info.title = field.name.title().replace("_", " ").strip()
    if field.is_separate:
        info.default, info.default_factory = PydanticUndefined, None
    return info


def _conditions(
    field: Field, schema: dict[str, Any], handler: GetJsonSchemaHandler
) -> list[dict[str, Any]]:
    """Return the schemas that a form must satisfy for one model in it.

    An optional model allows two cases: all of the model, or none of its fields.
    """
    if not field.may_be_absent:
        return [_with_all_names(field, schema, handler)]
    members = [item for item in schema["anyOf"] if item != {"type": "null"}]
    present = {**schema, "anyOf": [_with_all_names(field, item, handler) for item in members]}
    absent = _absent(field)
    if field.required:
        return [{"not": absent}, present]
    return [{"anyOf": [absent, present]}]


def _absent(field: Field) -> dict[str, Any]:
    """Return the schema of a form without any field of a model."""
    branches = field.branches or ((field.model, field.model_fields),)
    if any(_takes_extras(model) for model, _ in branches):
        return {"maxProperties": 0}
    names = {name for _, fields in branches for item in fields for name in item.lookups}
    if not names:
        return {}
    return {"not": {"anyOf": [{"required": [name]} for name in sorted(names)]}}


def _takes_extras(model: type[BaseModel] | None) -> bool:
    """Return whether a model also reads, or refuses, names that it does not declare."""
    return model is not None and model.model_config.get("extra") in ("allow", "forbid")


def _with_all_names(
    field: Field, reference: dict[str, Any], handler: GetJsonSchemaHandler
) -> dict[str, Any]:
    """Return the schema of a model with all names that the form may use.

    Pydantic documents one name per field. If a field of the form has several names, or another
    one, the schema is written out; otherwise the reference to it is returned.
    """
    renamed = {_name_in_document(item): item.alias for item in field.model_fields}
    several = [item for item in field.model_fields if item.required and len(item.lookups) > 1]
    if not several and all(old == new for old, new in renamed.items()):
        return reference
    schema = {**handler.resolve_ref_schema(reference)}
    known: dict[str, Any] = schema.get("properties", {})
    schema["properties"] = {renamed.get(name, name): value for name, value in known.items()}
    schema["required"] = [
        item.alias for item in field.model_fields if item.required and item not in several
    ]
    if several:
        schema["allOf"] = [
            {"anyOf": [{"required": [name]} for name in item.lookups]} for item in several
        ]
    # The declaration of the parameter takes precedence over the model.
    schema.update({key: value for key, value in reference.items() if key != "$ref"})
    return schema


def _name_in_document(field: Field) -> str:
    """Return the name under which Pydantic documents a field of a model."""
    alias = field.info.validation_alias
    if (field.config or {}).get("validate_by_alias") is False or alias is None:
        return field.name
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    for choice in choices:
        path = choice.path if isinstance(choice, AliasPath) else [choice]
        if len(path) == 1:
            return str(path[0])
    return field.name
