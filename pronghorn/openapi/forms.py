"""Bodies, and above all forms in which a model stands beside other fields.

A form is flat: the fields of a model travel beside all others. So a form with a model is
described as one object with the other fields as properties, and `allOf` for each model:

- a required model is its component; where a required field of it has several names on the wire,
  it is written out, with `anyOf` over the names;
- an optional model may also be absent, which means that none of its fields was sent.
"""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any

from pydantic import create_model

from pronghorn.annotations import is_none, union_members
from pronghorn.fields import Field
from pronghorn.openapi.definitions import Definitions
from pronghorn.plan.model import BodyKind, BodyPlan, RoutePlan


def form_models(body: BodyPlan) -> tuple[Field, ...]:
    """Give the models of a form that must be described in parts; empty for other bodies.

    One required model alone is the whole form, and needs no such description.
    """
    models = tuple(field for field in body.fields if _is_form_model(field))
    alone = len(body.fields) == 1 and not any(_is_optional(field) for field in models)
    return () if body.kind is not BodyKind.FORM or alone else models


def documented_body(plan: RoutePlan, body: BodyPlan) -> Field:
    """Give the whole body as the one field that the document shows."""
    if body.embed or not form_models(body):
        return body.field
    whole = body.field
    member = copy(whole.info)
    member.annotation = whole.annotation
    info = copy(whole.info)
    info.annotation = create_model(  # type: ignore[call-overload]  # the members are computed
        f"Body_{plan.unique_id}", **{whole.name: (whole.annotation, member)}
    )
    return Field(whole.name, info, location="body", deferred=True)


def describe_form(body: BodyPlan, whole: Field, definitions: Definitions) -> None:
    """Rewrite the component of a form with models as this module's docstring says."""
    models = form_models(body)
    component = definitions.component(definitions.schema(whole)) if models else None
    if component is None:
        return
    properties: dict[str, Any] = component.get("properties", {})
    required: list[str] = component.get("required", [])
    parts: list[dict[str, Any]] = []
    for field in models:
        schema = properties.pop(field.alias)
        required = [name for name in required if name != field.alias]
        parts.extend(_describe_model(field, schema, definitions))
    component.pop("properties", None)
    component.pop("required", None)
    if properties:
        component["properties"] = properties
    if required:
        component["required"] = required
    component["allOf"] = parts


def _is_form_model(field: Field) -> bool:
    return field.is_form and (field.model is not None or bool(field.branches))


def _is_optional(field: Field) -> bool:
    return any(is_none(member) for member in union_members(field.annotation))


def _describe_model(
    field: Field, schema: dict[str, Any], definitions: Definitions
) -> list[dict[str, Any]]:
    schema = {name: value for name, value in schema.items() if name != "default"}
    if "$ref" not in schema:
        schema.setdefault("title", field.name.title().replace("_", " "))
    if not _is_optional(field):
        return [_spelled_out(field, schema, definitions)]
    choices = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
    schema["anyOf"] = [_spelled_out(field, choice, definitions) for choice in choices]
    absent = _absent(field)
    if field.required:
        return [{"not": absent}, schema]
    return [{"anyOf": [absent, schema]}]


def _absent(field: Field) -> dict[str, Any]:
    """Describe a form in which nothing of the model was sent."""
    branches = field.branches
    if field.model is not None:
        branches = ((field.model, field.model_fields),)
    if any(model.model_config.get("extra") in ("allow", "forbid") for model, _ in branches):
        return {"maxProperties": 0}
    names = {name for _, members in branches for member in members for name in member.lookups}
    return {"not": {"anyOf": [{"required": [name]} for name in sorted(names)]}}


def _spelled_out(field: Field, schema: dict[str, Any], definitions: Definitions) -> dict[str, Any]:
    """Write a model out if a required field of it has several names; else refer to it."""
    component = definitions.component(schema)
    several = [item for item in field.model_fields if item.required and len(item.lookups) > 1]
    if component is None or not several:
        return schema
    written = deepcopy(component)
    # Pydantic lists the properties in the order of the model's fields, but may name one after
    # the first step of an alias path, which is no name of a form.
    members = zip(field.model_fields, written["properties"].values(), strict=True)
    written["properties"] = {item.alias: described for item, described in members}
    choices = [[{"required": [name]} for name in item.lookups] for item in several]
    covered = {item.alias for item in several}
    written["required"] = [
        item.alias for item in field.model_fields if item.required and item.alias not in covered
    ]
    written["allOf"] = [{"anyOf": choice} for choice in choices]
    written.update({name: value for name, value in schema.items() if name != "$ref"})
    return written
