"""From one item of a stream to the bytes that are sent for it."""

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
from pronghorn.run.output.respond import Context
from pronghorn.sse import ServerSentEvent, format_sse_event

Encode = Callable[[Any], Any]

#: What stands around the JSON of an item: https://jsonlines.org, and an event with data alone.
#: JSON has no line ends outside of strings, nor unescaped in them.
LINE = (b"", b"\n")
EVENT = (b"data: ", b"\n\n")


def unchanged(item: Any) -> Any:
    """The encoder of raw streams."""
    return item


def event_or_data(data: Encode) -> Encode:
    """An encoder for streams of events: an event is written as it is, the rest by `data`."""

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
    return _untyped_json(data)


def typed(
    field: Field, options: Mapping[str, Any], context: Context, around: tuple[bytes, bytes]
) -> Encode:
    """An encoder for items of one type, as their field validates and serialises them.

    The instances of a model, which are most, take one call of Pydantic's core.

    - `options`: those of `response_model_include` and its relatives, by Pydantic's names.
    - `around`: the bytes before and behind the JSON of an item.
    """
    # Each option that is named costs time, and most are at their default.
    named = {name: value for name, value in options.items() if value not in (None, False)}
    named["by_alias"] = options.get("by_alias", True)
    before, behind = around
    validate: Callable[..., Any] | None = None
    to_json: Callable[..., bytes]
    kept: type[Any] | None

    def encode(item: Any) -> bytes:
        nonlocal validate, to_json, kept
        if validate is None:  # late, as names in the type may be defined late
            kept = field.kept_class if named == {"by_alias": True} else None
            to_json = field.adapter.serializer.to_json
            validate = field.adapter.validator.validate_python
        value = item
        try:
            if type(item) is kept:
                # Named arguments from a dict are slower.
                return before + to_json(item, by_alias=True) + behind
            value = _validated(validate, item, context)
            return before + to_json(value, **named) + behind
        except (PydanticSerializationError, UnicodeEncodeError):
            dump = partial(field.serialize, mode="json", **named)
            return before + dump_json_bytes(dump, value) + behind

    return encode


def _validated(validate: Callable[..., Any], item: Any, context: Context) -> Any:
    """Return what validation makes of an item; raise `ResponseValidationError` if it refuses."""
    try:
        return validate(item, from_attributes=True)
    except ValidationError as error:
        raise ResponseValidationError(
            locate_errors(error, ("response",)), body=item, endpoint_ctx=context()
        ) from error


def untyped(around: tuple[bytes, bytes]) -> Encode:
    """An encoder for items without a type."""
    before, behind = around
    return lambda item: before + _untyped_json(item).encode() + behind


#: Refuses what is no plain data, NaN and the infinities.
_write = text_writer(", ", ": ", ensure_ascii=True)


def _untyped_json(item: Any) -> str:
    """JSON of an item without a type; ``null`` for NaN and the infinities.

    Items made of dicts, lists, strings and finite numbers alone, which are most, are encoded as
    they are; anything else goes through `jsonable_encoder` first.
    """
    try:
        text = _write(item)
        if HIDDEN_KEY not in text:
            return text
    except (TypeError, ValueError, RecursionError):
        pass
    return json.dumps(without_nan(jsonable_encoder(item)))
