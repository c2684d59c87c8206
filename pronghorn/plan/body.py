"""Plan how a request body is read, and create the fields that validate responses."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, Literal

from pydantic import BaseModel, create_model
from pydantic.errors import PydanticSchemaGenerationError
from pydantic.fields import FieldInfo

from pronghorn import params
from pronghorn.core.kinds import BodyKind
from pronghorn.fields.annotations import is_class, strip_metadata
from pronghorn.fields.field import Field
from pronghorn.plan.check import invalid_type_error, refuse_pydantic_v1
from pronghorn.plan.form_schema import form_schema
from pronghorn.plan.model import BodyPlan

MULTIPART = "multipart/form-data"


def plan_body(fields: Sequence[Field], unique_id: str) -> BodyPlan | None:
    """Decide how the body is read.

    A single field is the whole body, unless it was declared with `embed=True`; several fields are
    members of one object, or fields of one form. A name that several dependencies declare is one
    field.

    Args:
        fields: Every body field of the endpoint and its dependencies, in order.
        unique_id: The identifier of the route; the model of a combined body is named after it.

    Returns:
        The plan; `None` if the body is not read.
    """
    if not fields:
        return None
    once = _without_repetitions(fields)
    embed = is_embedded(once)
    composed = len(once) > 1 and any(field.is_separate for field in once)
    if composed or any(field.may_be_absent for field in once):
        # FastAPI documents such a form with every use of a model, even if one is repeated.
        whole = _whole(form_schema(f"Body_{unique_id}", fields), once, embed=embed)
    elif embed:
        whole = _whole(_object_model(f"Body_{unique_id}", once), once, embed=embed)
    else:
        whole = once[0]
    kind = BodyKind.FORM if any(field.is_form for field in once) else BodyKind.JSON
    return _body_plan(kind, once, whole, embed=embed)


def plan_given_body(
    fields: Sequence[Field], whole: Field | None, *, embed: bool
) -> BodyPlan | None:
    """Return the plan for a body that a library has set as one field.

    Args:
        fields: Every body field of the endpoint and its dependencies, in order.
        whole: The whole body as one field; `None` if the body is not read.
        embed: Whether the fields are members of the body instead of the body itself.
    """
    if whole is None:
        return None
    once = _without_repetitions(fields or (whole,))
    kind = BodyKind.FORM if isinstance(whole.info, params.Form) else BodyKind.JSON
    return _body_plan(kind, once, whole, embed=embed)


def _body_plan(kind: BodyKind, fields: tuple[Field, ...], whole: Field, *, embed: bool) -> BodyPlan:
    is_bytes = is_class(strip_metadata(whole.annotation), bytes)
    return BodyPlan(
        kind=kind,
        fields=fields,
        embed=embed,
        field=whole,
        media_type=whole.media_type or "application/json",
        raw=kind is BodyKind.JSON and not embed and is_bytes,
    )


def response_field(
    name: str, annotation: Any, mode: Literal["validation", "serialization"] = "serialization"
) -> Field:
    """Return a field for the result of an endpoint, or for an additional documented response.

    Args:
        name: The name in the documentation.
        annotation: The type of the value.
        mode: `"serialization"` for values that are sent.

    Raises:
        SetupError: Pydantic cannot handle the type.
        PydanticV1NotSupportedError: The type is a model of `pydantic.v1`.
    """
    return make_field(name, FieldInfo(annotation=annotation), mode)


def make_field(name: str, info: FieldInfo, mode: Literal["validation", "serialization"]) -> Field:
    """Return a field for a declaration with a type; it raises the errors of `response_field`."""
    refuse_pydantic_v1(info.annotation)
    try:
        return Field(name, info, mode=mode)
    except PydanticSchemaGenerationError as error:
        raise invalid_type_error(info.annotation) from error


def _without_repetitions(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return the fields without those that several dependencies declare.

    Fields with the same name are one field, except for models in forms: their own name is not on
    the wire, so only the same model is a repetition.
    """
    found: dict[tuple[str, str], Field] = {}
    for field in fields:
        model = repr(field.annotation) if field.is_separate else ""
        found.setdefault((field.name, model), field)
    return tuple(found.values())


def is_embedded(fields: Sequence[Field]) -> bool:
    """Return whether the fields are members of the body instead of the body itself."""
    if len(fields) > 1:
        return True
    field = fields[0]
    if field.embed:
        return True
    # A form always has names, so a single form field is embedded; a form model is the form.
    return field.is_form and not field.is_separate


def _object_model(name: str, fields: Sequence[Field]) -> type[BaseModel]:
    """Return a model with each field as a member."""
    members: dict[str, Any] = {field.name: (field.annotation, field.info) for field in fields}
    return create_model(name, **members)


def _whole(model: type[BaseModel], fields: Sequence[Field], *, embed: bool) -> Field:
    """Return the whole body as one field, for the documentation; only its parts are validated."""
    if not embed:
        info = copy(fields[0].info)
        info.annotation = model
        info.discriminator, info.metadata = None, []  # They apply to the models, not to the form.
        return Field(fields[0].name, info, location="body", deferred=True)
    required = any(field.required for field in fields)
    marker, media_type = _whole_marker(fields)
    options: dict[str, Any] = {} if required else {"default": None}
    if media_type is not None:
        options["media_type"] = media_type
    info = marker(annotation=model, alias="body", **options)
    return Field("body", info, location="body", deferred=True)


def _whole_marker(fields: Sequence[Field]) -> tuple[type[params.Body], str | None]:
    """Return the marker class of the combined body, and its media type if it is not the default.

    One multipart field makes the whole form multipart. Other media types are used only if all
    fields have the same one.
    """
    if any(field.is_file for field in fields):
        return params.File, None  # Only multipart forms can contain files.
    kind: type[params.Body] = params.Form if any(field.is_form for field in fields) else params.Body
    media_types = {field.media_type for field in fields if isinstance(field.info, kind)}
    if kind is params.Form and MULTIPART in media_types:
        return kind, MULTIPART
    return kind, media_types.pop() if len(media_types) == 1 else None
