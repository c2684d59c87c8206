"""Read parameters in the exact way: one after the other, every error in declared order.

This module runs when a request is wrong, and defines which value each parameter gets. `Field` has
the facts of a parameter, `pronghorn.fields.multi_values` the rules for several values of a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pronghorn.datastructures import Undefined
from pronghorn.fields.field import ErrorDetail, ErrorLocation, Field, missing_error
from pronghorn.fields.multi_values import (
    Received,
    is_list_in_json,
    is_supplied,
    model_input,
)


def extract_parameters(
    fields: Sequence[Field], received: Mapping[str, Any]
) -> tuple[dict[str, Any], list[ErrorDetail]]:
    """Read the parameters of one location from the values that the client sent there.

    Args:
        fields: The parameters of one location, in declared order.
        received: Starlette's `QueryParams` or `Headers`, or a mapping with one value per name,
            such as cookies and path parameters.

    Returns:
        The value of each valid parameter under its Python name, and the errors of the others in
        the order of `fields`, as entries of a 422 response.
    """
    values: dict[str, Any] = {}
    errors: list[ErrorDetail] = []
    everything: Received | None = None
    for field in fields:
        if field.model is None:
            value, field_errors = _single_value(field, received)
        else:
            everything = everything or Received.of(received)
            value, field_errors = _model_value(field, field.model, everything)
        if field_errors:
            errors += field_errors
        else:
            values[field.name] = value
    return values, errors


def default_value(field: Field, loc: ErrorLocation) -> tuple[Any, list[ErrorDetail]]:
    """Return the default of a field for which no value was sent, or a `missing` error.

    The default is a fresh copy. It is validated only if the field sets `validate_default=True`.
    """
    if field.required:
        return Undefined, [missing_error(loc)]
    default = field.get_default()
    if field.info.validate_default:
        return field.validate(default, loc)
    return default, []


def _single_value(field: Field, received: Mapping[str, Any]) -> tuple[Any, list[ErrorDetail]]:
    """Return the value and the errors of a parameter that is not a model.

    Of several names, the first one that was sent wins.
    """
    location = str(field.location)
    getlist = getattr(received, "getlist", None) if field.is_sequence else None
    for name in field.lookups:
        value = (getlist(name) or Undefined) if getlist else received.get(name, Undefined)
        if value is Undefined:
            continue
        if value == "" and _holds_items(field):
            return default_value(field, (location, name))
        return field.validate(value, (location, name))
    return default_value(field, (location, field.lookups[0]))


def _holds_items(field: Field) -> bool:
    """Return True if an empty text counts as absent: it is a list without items."""
    return field.is_sequence or is_list_in_json(field)


def _model_value(
    field: Field, model: type[Any], received: Received
) -> tuple[Any, list[ErrorDetail]]:
    """Return the value and the errors of a parameter model, from all values of its location.

    `Model | None` is absent unless a value was sent for it. A model that is not optional is always
    validated, so the defaults of its fields count, and a default of the parameter never does.
    """
    loc = (str(field.location),)
    if field.nullable and not is_supplied(model, field.model_fields, received):
        return default_value(field, loc)
    value, errors = field.validate(model_input(field.model_fields, received), loc)
    return value, _under_sent_names(errors, field, received) if errors else errors


def _under_sent_names(
    errors: list[ErrorDetail], field: Field, received: Received
) -> list[ErrorDetail]:
    """Return errors with the names that clients know: `x-token` for the field `x_token`.

    A client knows a field by the name that it sent, or else by the first name that it could send.
    For a model with `loc_by_alias=False` the errors keep the names of the model.
    """
    if field.model is not None and field.model.model_config.get("loc_by_alias") is False:
        return errors
    sent_names = {}
    for member in field.model_fields:
        names = list(zip(member.lookups, member.model_keys, strict=True))
        sent = (pair for pair in names if received.normalize_name(pair[0]) in received.values)
        name, key = next(sent, names[0])
        if name != key:
            sent_names[key] = name
    for error in errors:
        location, *inside = error["loc"]
        if inside and inside[0] in sent_names:
            error["loc"] = (location, sent_names[inside[0]], *inside[1:])
    return errors
