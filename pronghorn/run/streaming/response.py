"""Turn the items that a generator endpoint yields into a response that streams them."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Mapping,
)
from functools import partial
from time import monotonic
from typing import Any

from anyio.lowlevel import checkpoint
from starlette.background import BackgroundTasks
from starlette.responses import Response, StreamingResponse

from pronghorn.fields.field import Field
from pronghorn.run.exchange import FRAME
from pronghorn.run.output.respond import ContextOf
from pronghorn.run.streaming.beside import Job
from pronghorn.run.streaming.closing import close_generator
from pronghorn.run.streaming.encode import (
    EVENT,
    LINE,
    Encode,
    event_or_data,
    make_typed_encoder,
    make_untyped_encoder,
    pass_through,
)
from pronghorn.run.streaming.send import (
    SLICE,
    Direct,
    EventDelivery,
    StreamDelivery,
    self_delivering,
)
from pronghorn.run.streaming.threaded import BlockingItems

_EVENT_HEADERS = [(b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]


class Streamer:
    """Turns the generators of one route into responses; made once, at compile time.

    Args:
        kind: "json lines", "server-sent events" or "raw".
        item_field: Validates and serialises one item; if None, `jsonable_encoder` does.
        response_class: The `StreamingResponse` class of a raw stream; the other kinds ignore it.
        status_code: The status code; if None, the response class decides (200).
        options: `include`, `exclude`, `by_alias`, `exclude_unset`, `exclude_defaults` and
            `exclude_none`, for items with a type.
        context: Returns the place of the endpoint, for the error about an item of a wrong type.
    """

    def __init__(
        self,
        kind: str,
        item_field: Field | None,
        response_class: type[Response],
        status_code: int | None,
        options: Mapping[str, Any],
        context: ContextOf,
    ) -> None:
        around = EVENT if kind == "server-sent events" else LINE
        if item_field is None:
            self._encode = make_untyped_encoder(around)
        else:
            self._encode = make_typed_encoder(item_field, options, context, around)
        self._status_code = status_code
        self._headers: list[tuple[bytes, bytes]] = []
        # Raw chunks may be views of a buffer that the generator reuses.
        self._is_raw = False
        self._response_class: type[StreamingResponse]
        if kind == "server-sent events":
            self._encode = event_or_data(self._encode)
            self._response_class = EventDelivery
            self._headers = _EVENT_HEADERS
        elif kind == "json lines":
            self._response_class = _JsonLines
        else:
            self._is_raw = True
            self._encode = pass_through
            self._response_class = self_delivering(response_class)  # type: ignore[arg-type]  # the plan calls only such classes raw

    def response(
        self,
        result: Generator[Any, Any, Any] | AsyncGenerator[Any, Any],
        injected: Response | None,
        background: BackgroundTasks | None,
    ) -> Response:
        """Return the response to send; the generator has not started yet.

        Args:
            result: The generator that the endpoint returned. It is closed when the client leaves.
            injected: The `Response` parameter of the endpoint or its dependencies: its headers
                are added, and its status code wins.
            background: Tasks to run after the stream.
        """
        arguments: dict[str, Any] = {"background": background}
        frame = None if injected is None else getattr(injected, FRAME, None)
        status = self._status_code if injected is None else injected.status_code
        status = status or self._status_code
        if status is not None:
            arguments["status_code"] = status
        direct: Direct | None = None
        close: Job
        if isinstance(result, AsyncIterable):
            close = partial(close_generator, result)
        if frame is not None and isinstance(result, AsyncIterable):
            arguments["content"] = frame(result, self._encode)
        elif isinstance(result, AsyncIterable):
            arguments["content"] = _chunks(result, self._encode)
            direct = (arguments["content"], result, self._encode)
        else:
            items = BlockingItems(result, self._encode)
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
    """Yield the encoded items, and let other tasks run even if the generator never waits.

    A cancellation takes effect only when the event loop runs. Returning to the loop after each
    item would cost more than the item, so the clock decides when.
    """
    pause = monotonic() + SLICE
    async for item in items:
        yield encode(item)
        if monotonic() > pause:
            await checkpoint()
            pause = monotonic() + SLICE
