"""Encode one item of a stream as the bytes to send."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import ResponseValidationError
from pronghorn.fields.field import Field, locate_errors
from pronghorn.fields.json_writer import HIDDEN_KEY, dump_json_bytes, text_writer, without_nan
from pronghorn.run.output.respond import ContextOf
from pronghorn.sse import ServerSentEvent, format_sse_event

Encode = Callable[[Any], Any]

#: The bytes before and after the JSON of an item: for https://jsonlines.org, and for an event that
#: has only data. Compact JSON contains no line break, because strings escape theirs.
LINE = (b"", b"\n")
EVENT = (b"data: ", b"\n\n")


def pass_through(item: Any) -> Any:
    """Return an item unchanged: the encoder of raw streams."""
    return item


def event_or_data(data: Encode) -> Encode:
    """Return an encoder for a stream of events; `data` encodes items that are not events."""

    def encode(item: Any) -> Any:
        if isinstance(item, ServerSentEvent):
            text = _event_data(item)
            return format_sse_event(text, item.event, item.id, item.retry, item.comment)
        return data(item)

    return encode


def _event_data(event: ServerSentEvent) -> str | None:
    data = event.data
    if data is None:
        return event.raw_data
    if isinstance(data, BaseModel):
        try:
            return data.model_dump_json()
        except (PydanticSerializationError, UnicodeEncodeError):
            return dump_json_bytes(lambda model: model.model_dump(mode="json"), data).decode()
    return _write_untyped(data)


def make_typed_encoder(
    field: Field, options: Mapping[str, Any], context: ContextOf, around: tuple[bytes, bytes]
) -> Encode:
    """Return an encoder for items of one type, which the field validates and serialises.

    Most items are instances of a model and take one call of Pydantic's core.

    Args:
        field: The type of the items.
        options: The serialisation options (`response_model_include` and so on) under Pydantic's
            names.
        context: Returns the place of the endpoint, for errors.
        around: The bytes before and after the JSON of an item.
    """
    # Each option passed by name costs time, and most have their default value.
    named = {name: value for name, value in options.items() if value not in (None, False)}
    named["by_alias"] = options.get("by_alias", True)
    before, behind = around
    validate: Callable[..., Any] | None = None
    to_json: Callable[..., bytes]
    kept: type[Any] | None

    def encode(item: Any) -> bytes:
        nonlocal validate, to_json, kept
        if validate is None:  # At the first item: names in the type may be defined late.
            kept = field.kept_class if named == {"by_alias": True} else None
            to_json = field.adapter.serializer.to_json
            validate = field.adapter.validator.validate_python
        value = item
        try:
            if type(item) is kept:
                # Named arguments from a dict are slower.
                return before + to_json(item, by_alias=True) + behind
            value = _validate(validate, item, field, context)
            return before + to_json(value, **named) + behind
        except (PydanticSerializationError, UnicodeEncodeError):
            dump = partial(field.serialize, mode="json", **named)
            return before + dump_json_bytes(dump, value) + behind

    return encode


def _validate(validate: Callable[..., Any], item: Any, field: Field, context: ContextOf) -> Any:
    """Return the validated item; raise `ResponseValidationError` if it is invalid."""
    try:
        return validate(item, from_attributes=True)
    except ValidationError as error:
        from pronghorn.fields.masked_errors import mask_errors  # Only mistakes need it.

        errors = mask_errors(locate_errors(error, ("response",)), field)
        # Not with the error of Pydantic, which would show its input in a log.
        raise ResponseValidationError(errors, body=item, endpoint_ctx=context()) from None


def make_untyped_encoder(around: tuple[bytes, bytes]) -> Encode:
    """Return an encoder for items without a type."""
    before, behind = around
    return lambda item: before + _write_untyped(item).encode() + behind


#: Writes plain data; refuses other objects, NaN and the infinities.
_write = text_writer(", ", ": ", ensure_ascii=True)


def _write_untyped(item: Any) -> str:
    """Return the JSON of an item without a type, with `null` for NaN and the infinities.

    Most items consist only of dicts, lists, strings and finite numbers and are written directly;
    `jsonable_encoder` converts all others first.
    """
    try:
        text = _write(item)
        if HIDDEN_KEY not in text:
            return text
    except (TypeError, ValueError, RecursionError):
        pass
    return json.dumps(without_nan(jsonable_encoder(item)))
