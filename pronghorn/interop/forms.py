"""Read the values of fields and models from a form."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from pydantic import BaseModel
from starlette.datastructures import FormData

from pronghorn.datastructures import Undefined
from pronghorn.fields.annotations import is_none, models_of, union_members
from pronghorn.fields.field import Field
from pronghorn.fields.multi_values import (
    Received,
    form_fields_of,
    is_supplied,
    model_input,
    pick_form_value,
    with_prepared_branches,
)
from pronghorn.run.input.forms import read_contents


def _extract_form_items(
    body_fields: Sequence[Field], received_body: FormData
) -> Iterator[tuple[str, Any, Field | None]]:
    """Yield each name of a form, its value, and the field that reads it.

    Fields that were filled in come first, in their order. All other names follow, for models, with
    `None` as the field. A name with several values has a list of them.
    """
    form = Received.of(received_body)
    used: set[str] = set()
    for field in body_fields:
        if field.is_separate:
            continue
        used.update(field.lookups)
        for name in field.lookups:
            values = form.values.get(name)
            value = Undefined if values is None else pick_form_value(values, field.is_sequence)
            if value is not Undefined:
                yield name, value, field
                break
    for name, value in form.everything(without=used).items():
        yield name, value, None


async def _extract_form_body(
    body_fields: Sequence[Field], received_body: FormData
) -> AsyncIterator[tuple[str, Any, Field | None]]:
    """Yield each name of a form, its value and its field, with files read for fields of bytes.

    The order is that of `_extract_form_items`.
    """
    for name, value, field in _extract_form_items(body_fields, received_body):
        if field is not None and field.reads_file:
            yield name, await read_contents(value), field
        else:
            yield name, value, field


async def _extract_form_model(
    field: Field, models: Sequence[type[BaseModel]], received_body: FormData
) -> dict[str, Any]:
    """Return the input for the validation of a form model, or of a union of several.

    Args:
        field: The parameter.
        models: Its models. A union of several receives every name of the form.
        received_body: The form.
    """
    form = Received.of(received_body)
    if len(models) != 1:
        return form.everything()
    return model_input(form_fields_of(models[0]), form)


def _is_form_model_supplied(model: type[BaseModel], received_body: FormData) -> bool:
    """Return True if the client sent a field of an optional form model, even an empty one."""
    return is_supplied(model, form_fields_of(model), Received.of(received_body))


def _get_form_model(field: Field) -> type[BaseModel] | None:
    """Return the model that reads the whole form, or `None` for other fields."""
    return field.model if field.is_form else None


def _get_form_models(field: Field) -> list[type[BaseModel]]:
    """Return the models that read a form field: one, those of a union, or an empty list."""
    model = _get_form_model(field)
    return [model] if model is not None else [branch for branch, _ in field.branches]


def _get_form_union_models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models of a union that contains several models only, or an empty list."""
    models = models_of(annotation)
    members = [member for member in union_members(annotation) if not is_none(member)]
    return list(models) if len(models) > 1 and len(models) == len(members) else []


def _add_form_union_validators(annotation: Any) -> Any:
    """Return a union of form models, each of which reads its own fields from the whole form."""
    models = _get_form_union_models(annotation)
    if not models:
        return annotation
    return with_prepared_branches(annotation, [(model, form_fields_of(model)) for model in models])
