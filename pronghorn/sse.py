"""Server-sent events: the data of an event and its format on the wire.

The format is the event stream of the HTML standard, section 9.2.
"""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, model_validator
from starlette.responses import StreamingResponse

from pronghorn.core.reexports import find_elsewhere

__all__ = ["KEEPALIVE_COMMENT", "EventSourceResponse", "ServerSentEvent", "format_sse_event"]

KEEPALIVE_COMMENT = b": ping\n\n"
"""Sent while a stream is idle, so that proxies do not close the connection."""

_PING_INTERVAL: float = 15.0
"""Seconds without an event after which `KEEPALIVE_COMMENT` is sent."""

_SSE_EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "data": {"type": "string"},
        "event": {"type": "string"},
        "id": {"type": "string"},
        "retry": {"type": "integer", "minimum": 0},
    },
}
"""The JSON schema of one event, as the client sees it, in the OpenAPI document.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

# `str.splitlines` splits at more line ends than the standard, which has these three.
_LINE_END = re.compile(r"\r\n|\r|\n")


class EventSourceResponse(StreamingResponse):
    """A stream of server-sent events.

    As the `response_class` of an endpoint with `yield`, it turns each item into an event:
    a `ServerSentEvent` as it is, anything else as JSON data.
    """

    media_type = "text/event-stream"


def _single_line(name: str, value: str | None) -> str | None:
    if value is not None and _LINE_END.search(value):
        raise ValueError(f"SSE '{name}' must be a single line")
    return value


def _valid_event(value: str | None) -> str | None:
    return _single_line("event", value)


def _valid_id(value: str | None) -> str | None:
    if value is not None and "\0" in value:
        raise ValueError("SSE 'id' must not contain null characters")
    return _single_line("id", value)


class ServerSentEvent(BaseModel, defer_build=True):
    """One event of a stream.

    Raises:
        ValueError: Both `data` and `raw_data` are set, `event` or `id` have several
            lines, `id` contains a null character, or `retry` is negative.
    """

    data: Any = None
    """Sent as JSON; a string arrives in quotes."""
    raw_data: str | None = None
    """Sent unchanged: text, HTML, or JSON that is written already."""
    event: Annotated[str | None, AfterValidator(_valid_event)] = None
    """The name of the event in the browser; by default `message`. One line."""
    id: Annotated[str | None, AfterValidator(_valid_id)] = None
    """The browser sends it as `Last-Event-ID` header when it reconnects. One line."""
    retry: Annotated[int | None, Field(ge=0)] = None
    """Milliseconds that the browser waits before it reconnects."""
    comment: str | None = None
    """Ignored by browsers; may have several lines."""

    @model_validator(mode="after")
    def _one_kind_of_data(self) -> "ServerSentEvent":
        if self.data is not None and self.raw_data is not None:
            raise ValueError(
                "Cannot set both 'data' and 'raw_data': the first is written as JSON, "
                "the second as it is, and an event has one kind of data"
            )
        return self


def format_sse_event(
    data_str: str | None = None,
    event: str | None = None,
    id: str | None = None,
    retry: int | None = None,
    comment: str | None = None,
) -> bytes:
    """Return one event in the format of the wire.

    Args:
        data_str: The data; each of its lines becomes a `data:` line.
        event: The name of the event, a single line.
        id: The identifier of the event, a single line.
        retry: Milliseconds before the browser reconnects.
        comment: Each of its lines becomes a comment line.

    Returns:
        UTF-8 bytes that end with an empty line.
    """
    lines = [f": {line}" for line in _lines(comment)]
    if event is not None:
        lines.append(f"event: {event}")
    lines += [f"data: {line}" for line in _lines(data_str)]
    if id is not None:
        lines.append(f"id: {id}")
    if retry is not None:
        lines.append(f"retry: {retry}")
    return "".join(f"{line}\n" for line in [*lines, ""]).encode()


def _lines(text: str | None) -> list[str]:
    """Return the lines of a text; a line end at its end starts another, empty line."""
    return [] if text is None else _LINE_END.split(text)


find_elsewhere(__name__)
