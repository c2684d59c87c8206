"""Generator endpoints: from the items that they yield to a response that streams them."""

from __future__ import annotations

import json
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Mapping,
)
from functools import partial
from time import monotonic
from typing import Any

from anyio.lowlevel import checkpoint
from pydantic import BaseModel, ValidationError
from starlette.background import BackgroundTasks
from starlette.responses import Response, StreamingResponse

from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import EndpointContext, ResponseValidationError
from pronghorn.fields import Field, located_errors
from pronghorn.json_bytes import without_nan
from pronghorn.run.blocking import BlockingItems
from pronghorn.run.delivery import (
    SLICE,
    Direct,
    EventDelivery,
    Job,
    StreamDelivery,
    close_generator,
    self_delivering,
)
from pronghorn.sse import ServerSentEvent, format_sse_event

Encode = Callable[[Any], Any]
Context = Callable[[], EndpointContext]

_EVENT_HEADERS = [(b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]
#: `jsonable_encoder` leaves out keys that begin so (SQLAlchemy's bookkeeping).
_HIDDEN_KEY = '"_sa'


class Streamer:
    """How one route turns its generator into a response; made once, at compile time.

    Args:
        kind: "json lines", "server-sent events" or "raw".
        item_field: Validates and serialises one item; None: `jsonable_encoder` does.
        response_class: The `StreamingResponse` class of a raw stream; not used by the others.
        status_code: None: the response class decides (200).
        options: ``include``, ``exclude``, ``by_alias``, ``exclude_unset``, ``exclude_defaults``
            and ``exclude_none``, for items with a type.
        context: Where the endpoint was written, for the error about an item of a wrong type.
    """

    def __init__(
        self,
        kind: str,
        item_field: Field | None,
        response_class: type[Response],
        status_code: int | None,
        options: Mapping[str, Any],
        context: Context,
    ) -> None:
        to_json: Callable[[Any], bytes] = _untyped_json
        if item_field is not None:
            to_json = _typed_json(item_field, options, context)
        self._status_code = status_code
        self._headers: list[tuple[bytes, bytes]] = []
        # Raw chunks may be views of a buffer that the generator fills again.
        self._is_raw = False
        self._response_class: type[StreamingResponse]
        self._encode: Encode
        if kind == "server-sent events":
            self._encode = partial(_event, to_json)
            self._response_class = EventDelivery
            self._headers = _EVENT_HEADERS
        elif kind == "json lines":
            self._encode = partial(_line, to_json)
            self._response_class = _JsonLines
        else:
            self._is_raw = True
            self._encode = _unchanged
            self._response_class = self_delivering(response_class)  # type: ignore[arg-type]  # the plan calls only such classes raw

    def response(
        self,
        result: Generator[Any, Any, Any] | AsyncGenerator[Any, Any],
        injected: Response | None,
        background: BackgroundTasks | None,
    ) -> Response:
        """The response to send; nothing of the generator has run yet.

        Args:
            result: What the endpoint returned. It is closed when the client leaves.
            injected: The ``Response`` parameter of the endpoint or its dependencies: its headers
                are added, its status code wins.
            background: Tasks to run after the stream.
        """
        arguments: dict[str, Any] = {"background": background}
        status = self._status_code if injected is None else injected.status_code
        status = status or self._status_code
        if status is not None:
            arguments["status_code"] = status
        if isinstance(result, AsyncIterable):
            arguments["content"] = _chunks(result, self._encode)
            direct: Direct | None = (arguments["content"], result, self._encode)
            close: Job = partial(close_generator, result)
        else:
            items = BlockingItems(result, self._encode)
            direct = None
            arguments["content"] = items.chunks(ahead=not self._is_raw)
            close = items.close
        response = self._response_class(**arguments)
        if isinstance(response, StreamDelivery):
            response.close_source = close
            response.direct = direct
        if self._headers:
            response.raw_headers.extend(self._headers)
        if injected is not None:
            response.raw_headers.extend(injected.raw_headers)
        return response


class _JsonLines(StreamDelivery):
    media_type = "application/jsonl"


# --- running the generator ------------------------------------------------------------------


async def _chunks(items: AsyncIterable[Any], encode: Encode) -> AsyncIterator[Any]:
    """Encode the items one by one, letting others run even if nothing here ever waits.

    A cancellation arrives where the event loop runs. To go there after each item would cost
    more than the item, so it happens by the clock.
    """
    pause = monotonic() + SLICE
    async for item in items:
        yield encode(item)
        if monotonic() > pause:
            await checkpoint()
            pause = monotonic() + SLICE


# --- from an item to bytes --------------------------------------------------------------------


def _unchanged(item: Any) -> Any:
    return item


def _line(to_json: Callable[[Any], bytes], item: Any) -> bytes:
    """One line of JSON Lines (https://jsonlines.org)."""
    return to_json(item) + b"\n"


def _event(to_json: Callable[[Any], bytes], item: Any) -> bytes:
    """One server-sent event. JSON has no line ends outside of strings, nor unescaped in them."""
    if isinstance(item, ServerSentEvent):
        return format_sse_event(_event_data(item), item.event, item.id, item.retry, item.comment)
    return b"data: " + to_json(item) + b"\n\n"


def _event_data(event: ServerSentEvent) -> str | None:
    data = event.data
    if data is None:
        return event.raw_data
    if isinstance(data, BaseModel):
        return data.model_dump_json()
    return _untyped_json(data).decode()


def _typed_json(
    field: Field, options: Mapping[str, Any], context: Context
) -> Callable[[Any], bytes]:
    """A writer of items of one type, as their field validates and serialises them."""
    # Each option that is named costs time, and most are at their default.
    named = {name: value for name, value in options.items() if value not in (None, False)}
    by_alias = options.get("by_alias", True)
    write: Callable[..., bytes] | None = None

    def to_json(item: Any) -> bytes:
        nonlocal write
        try:
            value = field.check(item, from_attributes=True)
        except ValidationError as error:
            raise ResponseValidationError(
                located_errors(error, ("response",)), body=item, endpoint_ctx=context()
            ) from error
        if write is None:
            # Not `Field.serialize_json`: measured, 0.3 against 1.4 microseconds for a small model.
            write = partial(field.adapter.serializer.to_json, **{**named, "by_alias": by_alias})
        return write(value)

    return to_json


#: Refuses NaN and the infinities, which are not JSON.
_encode_finite = json.JSONEncoder(allow_nan=False).encode


def _untyped_json(item: Any) -> bytes:
    """JSON of an item without a type; ``null`` for NaN and the infinities.

    Items made of dicts, lists, strings and finite numbers alone, which are most, are encoded as
    they are; anything else goes through `jsonable_encoder` first.
    """
    try:
        text = _encode_finite(item)
        if _HIDDEN_KEY not in text:
            return text.encode()
    except (TypeError, ValueError):
        pass
    return json.dumps(without_nan(jsonable_encoder(item))).encode()
