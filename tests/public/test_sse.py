"""The data of server-sent events, and how they are written."""

from typing import Any

import pytest

from pronghorn.responses import EventSourceResponse
from pronghorn.sse import KEEPALIVE_COMMENT, ServerSentEvent, format_sse_event


@pytest.mark.parametrize(
    ("data", "written"),
    [
        ("Hello", b"data: Hello\n\n"),
        ("Hello\n", b"data: Hello\ndata: \n\n"),
        ("a\r\nb\rc\nd", b"data: a\ndata: b\ndata: c\ndata: d\n\n"),
        ("a\u2028b\vc", "data: a\u2028b\vc\n\n".encode()),
        ("", b"data: \n\n"),
    ],
)
def test_each_line_of_the_data_is_a_line(data: str, written: bytes) -> None:
    assert format_sse_event(data_str=data) == written


def test_all_fields_in_their_order() -> None:
    event = format_sse_event("a\nb", event="update", id="7", retry=0, comment="one\ntwo")
    assert event == b": one\n: two\nevent: update\ndata: a\ndata: b\nid: 7\nretry: 0\n\n"


def test_keep_alive_is_a_comment() -> None:
    assert format_sse_event(comment="ping") == KEEPALIVE_COMMENT


def test_event_takes_data_or_raw_data() -> None:
    assert ServerSentEvent(data={"a": 1}).raw_data is None
    assert ServerSentEvent(raw_data="<p>").data is None
    with pytest.raises(ValueError, match="Cannot set both 'data' and 'raw_data'"):
        ServerSentEvent(data="a", raw_data="b")


@pytest.mark.parametrize("field", ["event", "id"])
@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\r\n"])
def test_names_are_single_lines(field: str, value: str) -> None:
    fields: dict[str, Any] = {field: value}
    with pytest.raises(ValueError, match=f"SSE '{field}' must be a single line"):
        ServerSentEvent(**fields)


def test_identifier_has_no_null_character() -> None:
    with pytest.raises(ValueError, match="SSE 'id' must not contain null characters"):
        ServerSentEvent(id="a\0b")


@pytest.mark.parametrize("retry", [-1, 1.5, "soon"])
def test_retry_is_a_number_of_milliseconds(retry: Any) -> None:
    with pytest.raises(ValueError, match="retry"):
        ServerSentEvent(retry=retry)


def test_response_class_has_the_media_type_of_event_streams() -> None:
    response = EventSourceResponse(iter([b"data: a\n\n"]))
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
