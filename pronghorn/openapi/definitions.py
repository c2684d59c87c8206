"""The schemas of a document: one per field, and one component for each model they use."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from pronghorn.core.private_names import has_names
from pronghorn.fields.field import Field
from pronghorn.fields.type_adapters import late_namespace
from pronghorn.openapi.constants import REF_TEMPLATE

_KNOWS_CONFIGURATION = has_names(
    "pydantic.json_schema",
    ("GenerateJsonSchema._config",),
    "Documents do not say which bytes are in base64.",
)


class OpenAPIJsonSchema(GenerateJsonSchema):
    """Pydantic's JSON Schema, with bytes described as OpenAPI 3.1 describes files."""

    def bytes_schema(self, schema: core_schema.BytesSchema) -> JsonSchemaValue:
        """Describe bytes: raw, or in base64 where the model's configuration says so."""
        encodings = {
            "validation": self._config.val_json_bytes if _KNOWS_CONFIGURATION else "utf8",
            "serialization": self._config.ser_json_bytes if _KNOWS_CONFIGURATION else "utf8",
        }
        json_schema: JsonSchemaValue = {
            "type": "string",
            "contentMediaType": "application/octet-stream",
        }
        if encodings[self.mode] == "base64":
            json_schema["contentEncoding"] = "base64"
        self.update_with_validations(json_schema, schema, self.ValidationsMapping.bytes)
        return json_schema

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Describe a union that a property distinguishes, with a discriminator if possible.

        A mapping leads from values to components. A union inside of the union is not a component,
        so it cannot be mapped to; the alternatives alone describe the same values.
        """
        json_schema = super().tagged_union_schema(schema)
        mapping = json_schema.get("discriminator", {}).get("mapping", {})
        if not all(isinstance(target, str) for target in mapping.values()):
            del json_schema["discriminator"]
        return json_schema


@dataclass
class Definitions:
    """The schemas of all fields of a document, and the components that they refer to."""

    schemas: Mapping[Field, JsonSchemaValue] = field(default_factory=dict)
    components: dict[str, JsonSchemaValue] = field(default_factory=dict)
    #: Whether the schema of a field describes what is read or what is written.
    modes: Mapping[Field, JsonSchemaMode] = field(default_factory=dict)

    def schema(self, wanted: Field) -> dict[str, Any]:
        """Return the schema of a field as a copy: the caller may add to it."""
        json_schema = deepcopy(self.schemas[wanted])
        if "$ref" not in json_schema:
            # A parameter has the first of several names; a whole body has none of them.
            whole_body = wanted.location == "body" and len(wanted.model_keys) > 1
            own_name = wanted.info.alias or wanted.name
            name = own_name if whole_body else wanted.model_keys[0]
            json_schema["title"] = wanted.info.title or name.title().replace("_", " ")
        return json_schema


def define(fields: Iterable[Field], *, separate_input_output_schemas: bool) -> Definitions:
    """Make the schemas of all fields together, so that they share components.

    Args:
        fields: Every field of the document. Their order decides between models of equal names.
        separate_input_output_schemas: True: a model that reads other data than it writes has
            two components, `...-Input` and `...-Output`. False: it has the former only, except
            where it writes computed fields.
    """
    modes: dict[Field, JsonSchemaMode] = {}
    inputs: list[tuple[Field, JsonSchemaMode, CoreSchema]] = []
    for item in dict.fromkeys(fields):
        schema = _build_core_schema(item)
        separate = separate_input_output_schemas or writes_computed_fields(schema)
        modes[item] = item.mode if separate else "validation"
        inputs.append((item, modes[item], schema))
    generator = OpenAPIJsonSchema(ref_template=REF_TEMPLATE)
    found, components = generator.generate_definitions(inputs)
    for component in components.values():
        if "description" in component:
            # Text after a form feed is only for readers of the source.
            component["description"] = component["description"].split("\f")[0]
    schemas = {item: found[item, mode] for item, mode in modes.items()}
    named = {str(name): component for name, component in components.items()}
    return Definitions(schemas, named, modes)


def _build_core_schema(item: Field) -> CoreSchema:
    """Return the core schema of a field with everything that is shown: title, default, examples."""
    with warnings.catch_warnings():
        # The document shows the field's name elsewhere; Pydantic warns that a schema ignores it.
        warnings.filterwarnings(
            "ignore", r".* was provided to the `Field\(\)` function", UserWarning
        )
        return _adapter(item).core_schema


def _adapter(item: Field) -> TypeAdapter[Any]:
    documented: Any = Annotated[item.annotation, item.info]
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(documented, config=item.config)
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
        adapter = TypeAdapter(documented)  # The type has a configuration of its own.
    if not getattr(adapter, "pydantic_complete", True):  # since Pydantic 2.10
        adapter.rebuild(_types_namespace=late_namespace(item.annotation))
    return adapter


def writes_computed_fields(schema: Any) -> bool:
    """Return True if a core schema contains a model with computed fields, at any depth."""
    pending, seen = [schema], set()
    while pending:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, dict):
            if part.get("computed_fields"):
                return True
            pending.extend(part.values())
        elif isinstance(part, (list, tuple)):
            pending.extend(part)
    return False
