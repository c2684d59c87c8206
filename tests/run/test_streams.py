"""Generator endpoints: the parts that arrive, the end, and the clean-up."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Iterator
from enum import StrEnum
from typing import Any

import anyio
import pytest
from pydantic import BaseModel, ConfigDict, RootModel
from pydantic import Field as Declared
from starlette.background import BackgroundTasks
from starlette.responses import Response, StreamingResponse
from starlette.types import Message

from pronghorn.exceptions import ResponseValidationError
from pronghorn.run.output.respond import make_injected_response
from pronghorn.run.streaming.response import Streamer
from pronghorn.sse import ServerSentEvent
from tests.run.streaming import EVENTS, LINES, RAW, Client, many, many_blocking, streamer

pytestmark = pytest.mark.anyio


class Item(BaseModel):
    name: str
    price: float = Declared(1.5, alias="thePrice")
    note: str | None = None


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


async def text_of(made: Streamer, *items: Any) -> str:
    """The body; equal for both kinds of generators."""
    client = await Client().get(made.response(many(*items), None, None))
    blocking = await Client().get(made.response(many_blocking(*items), None, None))
    assert client.text == blocking.text
    assert len(client.chunks) == len(items)
    assert client.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    return client.text


# --- what arrives ---


async def test_json_lines_are_validated_and_serialised_by_the_type() -> None:
    made = streamer(LINES, Item)
    assert await text_of(made, Item(name="a", thePrice=2), {"name": "b"}) == (
        '{"name":"a","thePrice":2.0,"note":null}\n{"name":"b","thePrice":1.5,"note":null}\n'
    )


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"by_alias": False}, '{"name":"a","price":1.5,"note":null}\n'),
        ({"exclude_unset": True}, '{"name":"a"}\n'),
        ({"exclude_none": True}, '{"name":"a","thePrice":1.5}\n'),
        ({"include": ["note"]}, '{"note":null}\n'),
        ({"include": set()}, "{}\n"),
        ({"exclude": {"note"}, "exclude_defaults": True}, '{"name":"a"}\n'),
    ],
)
async def test_options_shape_typed_items(options: dict[str, Any], line: str) -> None:
    assert await text_of(streamer(LINES, Item, **options), Item(name="a")) == line


async def test_options_do_not_shape_untyped_items() -> None:
    made = streamer(LINES, exclude_none=True, by_alias=False)
    assert await text_of(made, Item(name="é")) == (
        '{"name": "\\u00e9", "thePrice": 1.5, "note": null}\n'
    )


class Color(StrEnum):
    RED = "red"


async def test_untyped_items_become_json_and_numbers_that_json_lacks_become_null() -> None:
    nan, inf = math.nan, math.inf
    items = [
        nan,
        [nan, [inf, -inf, 1.5]],
        {"a": nan, "b": {"c": [Item(name="x", thePrice=1), Color.RED]}, inf: 1, None: 2},
        {"_sa_instance_state": 1, "b": (1, 2)},
        b"bytes",
        "NaN\n",
        None,
        10**20,
    ]
    lines = (await text_of(streamer(LINES), *items)).splitlines()
    assert [json.loads(line) for line in lines] == [
        None,
        [None, [None, None, 1.5]],
        {
            "a": None,
            "b": {"c": [{"name": "x", "thePrice": 1.0, "note": None}, "red"]},
            "Infinity": 1,
            "null": 2,
        },
        {"b": [1, 2]},
        "bytes",
        "NaN\n",
        None,
        10**20,
    ]


async def test_events_are_sent_as_they_are_and_other_items_as_json_data() -> None:
    assert await text_of(
        streamer(EVENTS, Item),
        Item(name="a"),
        ServerSentEvent(data="hello", event="greeting", id="1", retry=5, comment="c\nd"),
        ServerSentEvent(raw_data="two\nlines"),
        ServerSentEvent(data=""),
        ServerSentEvent(),
    ) == (
        'data: {"name":"a","thePrice":1.5,"note":null}\n\n'
        ': c\n: d\nevent: greeting\ndata: "hello"\nid: 1\nretry: 5\n\n'
        "data: two\ndata: lines\n\n"
        'data: ""\n\n'
        "\n"
    )


async def test_models_in_events_are_serialised_as_they_are_configured() -> None:
    class Configured(BaseModel):
        model_config = ConfigDict(ser_json_inf_nan="strings")
        value: float = Declared(math.nan, alias="theValue")

    assert await text_of(
        streamer(EVENTS),
        ServerSentEvent(data=Configured()),
        ServerSentEvent(data=[Configured()]),
        ServerSentEvent(data=RootModel[list[float]]([1.0, math.nan])),
        ServerSentEvent(data=math.nan),
    ) == (
        'data: {"value":"NaN"}\n\ndata: [{"theValue": null}]\n\ndata: [1.0,null]\n\ndata: null\n\n'
    )


async def test_raw_chunks_are_sent_unchanged() -> None:
    made = streamer(RAW)
    client = await Client().get(made.response(many(b"a", "é", memoryview(b"c")), None, None))
    assert client.chunks == [b"a", "é".encode(), b"c"]
    assert client.headers == []


@pytest.mark.parametrize("kind", [LINES, EVENTS, RAW])
async def test_a_stream_may_be_empty(kind: str) -> None:
    assert await text_of(streamer(kind)) == ""


# --- status, headers, background ---


class Image(StreamingResponse):
    """Has a media type, and an initializer of its own."""

    media_type = "image/png"

    def __init__(self, content: Any, **arguments: Any) -> None:
        super().__init__(content, **arguments)
        self.headers["x-image"] = "yes"


@pytest.mark.parametrize(
    ("kind", "response_class", "headers"),
    [
        (LINES, StreamingResponse, {"content-type": "application/jsonl"}),
        (
            EVENTS,
            StreamingResponse,
            {
                "content-type": "text/event-stream; charset=utf-8",
                "cache-control": "no-cache",
                "x-accel-buffering": "no",
            },
        ),
        (RAW, Image, {"content-type": "image/png", "x-image": "yes"}),
    ],
)
async def test_headers_of_each_kind(
    kind: str, response_class: type[Response], headers: dict[str, str]
) -> None:
    response = streamer(kind, None, response_class).response(many("x"), None, None)
    client = await Client().get(response)
    assert dict(client.headers) == headers
    assert client.status == 200
    assert isinstance(response, response_class)


@pytest.mark.parametrize("kind", [LINES, EVENTS, RAW])
async def test_the_injected_response_adds_headers_and_decides_the_status(kind: str) -> None:
    injected = make_injected_response()
    injected.headers["x-dependency"] = "yes"
    injected.set_cookie("a", "b")
    made = streamer(kind, status_code=201)
    client = await Client().get(made.response(many("x"), injected, None))
    assert client.status == 201
    assert client.headers[-2:] == [
        ("x-dependency", "yes"),
        ("set-cookie", "a=b; Path=/; SameSite=lax"),
    ]
    injected.status_code = 202
    assert (await Client().get(made.response(many("x"), injected, None))).status == 202


@pytest.mark.parametrize("kind", [LINES, EVENTS, RAW])
async def test_background_tasks_run_after_the_stream(kind: str) -> None:
    client = Client()
    seen: list[Message] = []
    background = BackgroundTasks()
    background.add_task(lambda: seen.extend(client.sent))
    await client.get(streamer(kind).response(many("x"), None, background))
    assert seen == client.sent


# --- errors ---


@pytest.mark.parametrize("kind", [LINES, EVENTS])
@pytest.mark.parametrize("generator", [many, many_blocking])
async def test_an_item_of_a_wrong_type_ends_the_stream_with_an_error(
    kind: str, generator: Any
) -> None:
    client = Client()
    response = streamer(kind, Item).response(generator({"name": "a"}, {"nom": "b"}), None, None)
    with pytest.raises(ResponseValidationError) as caught:
        await client.get(response)
    assert caught.value.errors() == [
        {
            "type": "missing",
            "loc": ("response", "name"),
            "msg": "Field required",
            "input": {"nom": "b"},
        }
    ]
    assert caught.value.body == {"nom": "b"}
    assert caught.value.endpoint_path == "GET /items"
    assert len(client.chunks) == 1


@pytest.mark.parametrize("kind", [LINES, EVENTS, RAW])
@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
async def test_an_exception_of_the_generator_propagates_as_it_is(
    kind: str, spec_version: str
) -> None:
    async def failing() -> AsyncIterator[str]:
        yield "a"
        await anyio.sleep(0.03)  # By now somebody listens for the client's departure.
        raise FileNotFoundError("mine")

    def failing_blocking() -> Iterator[str]:
        yield "a"
        raise FileNotFoundError("mine")

    for generator in (failing(), failing_blocking()):
        client = Client(spec_version)
        with pytest.raises(FileNotFoundError, match="mine"):
            await client.get(streamer(kind).response(generator, None, None))
        assert len(client.chunks) == 1
        assert client.sent[-1]["more_body"]
