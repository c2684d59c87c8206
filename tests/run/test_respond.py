"""The result of an endpoint has the bytes of `JSONResponse(jsonable_encoder(...))`."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import random
import uuid
from collections import OrderedDict, UserDict, deque, namedtuple
from pathlib import PurePosixPath
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import JSONResponse

from pronghorn import FastAPI, Response
from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import ResponseValidationError
from pronghorn.fields.json_writer import json_bytes, plain_json_bytes, without_nan
from pronghorn.responses import HTMLResponse, PlainTextResponse
from pronghorn.testclient import TestClient


class Colour(enum.Enum):
    RED = "red"


class Item(BaseModel):
    name: str = Field(alias="itemName", default="x")
    price: float = 1.0
    secret: SecretStr = SecretStr("s")


@dataclasses.dataclass
class Point:
    x: int
    y: list[float]


Pair = namedtuple("Pair", ["left", "right"])


class Text(str):
    __slots__ = ()


class Number(int):
    pass


VALUES = [
    *(
        None,
        True,
        False,
        0,
        -1,
        10**30,
        1.5,
        -0.0,
        1e300,
        "",
        "a",
        "\u00e9\u4e2d\U0001f600",
        "\x00\x1f",
    ),
    *("</script>", '"\\/', "\u2028", [], {}, (), [1, [2, (3, {4})]], {"a": {"b": None}}, {1: 2}),
    *({True: 1, None: 2, 1.5: 3}, {"_sa_state": 1, "a": 2}, {"x": {"_sa_y": 1}}, "_sa_text"),
    *({"a": '"_sa'}, {Colour.RED: Colour.RED}, Item(), [Item(itemName="y")], {"item": Item()}),
    *(
        Point(1, [2.0]),
        Pair(1, "b"),
        Text("t"),
        Number(3),
        {Text("k"): Number(4)},
        OrderedDict(a=1),
    ),
    *(deque([1, 2]), frozenset({1}), {1}, b"bytes", decimal.Decimal("1.10"), decimal.Decimal(3)),
    *(
        uuid.UUID(int=5),
        datetime.date(2026, 1, 2),
        datetime.datetime(2026, 1, 2, 3, 4, 5, 6, datetime.UTC),
    ),
    *(datetime.time(1, 2), datetime.timedelta(seconds=90), PurePosixPath("/a/b"), Colour.RED),
    *(Exception("e"), UserDict(a=1), [[[[[]]]]]),
]


def written(value: Any) -> bytes:
    return bytes(JSONResponse(jsonable_encoder(value)).body)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:40])
def test_any_value_is_written_as_a_json_response_writes_it(value: Any) -> None:
    assert json_bytes(value) == written(value)


def test_a_generator_is_written_as_a_list() -> None:
    assert json_bytes(value for value in (1, 2)) == b"[1,2]"


def random_value(chosen: random.Random, depth: int = 0) -> Any:
    kind = chosen.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return chosen.choice([None, True, False])
    if kind == 1:
        return chosen.choice([0, 1, -1, 2**31, 2**63, -(2**64), 10**40]) + chosen.randrange(100)
    if kind == 2:
        return chosen.uniform(-1, 1) * 10 ** chosen.randint(-300, 300)
    if kind in (3, 4):
        return "".join(chr(chosen.choice([*range(200), 0x2028, 0x4E2D, 0x1F600])) for _ in range(9))
    if kind == 5:
        return chosen.choice(
            [Colour.RED, datetime.date(2026, 1, 1), b"x", Item(), uuid.UUID(int=1)]
        )
    length = chosen.randrange(5)
    if kind == 6:
        return [random_value(chosen, depth + 1) for _ in range(length)]
    if kind == 7:
        return tuple(random_value(chosen, depth + 1) for _ in range(length))
    keys = [chosen.choice(["a", "_sa_b", "\u00e9", "", 1, 2.5, None]) for _ in range(length)]
    return {key: random_value(chosen, depth + 1) for key in keys}


@pytest.mark.parametrize("seed", range(200))
def test_invented_values_are_written_as_a_json_response_writes_them(seed: int) -> None:
    value = random_value(random.Random(seed))
    assert json_bytes(value) == written(value)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": -float("inf")}])
def test_what_json_does_not_have_is_refused_or_null(value: Any) -> None:
    assert json_bytes(value) == json_bytes(jsonable_encoder(without_nan(value)))
    assert b"null" in json_bytes(value)
    for write in (plain_json_bytes, written):
        with pytest.raises(ValueError, match="JSON compliant"):
            write(value)


def test_a_value_that_contains_itself_ends_in_an_error() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(RecursionError):
        json_bytes(value)


def test_a_lone_surrogate_is_escaped() -> None:
    assert json_bytes(["\ud800", "\u00e9"]) == '["\\ud800","é"]'.encode()
    assert json.loads(json_bytes("\udfff")) == "\udfff"


def test_options_are_those_of_the_encoder() -> None:
    value = {"item": Item(itemName="y"), "none": None}
    for options in ({"exclude_none": True}, {"by_alias": False}, {"exclude": {"none"}}):
        expected = bytes(JSONResponse(jsonable_encoder(value, **options)).body)
        assert json_bytes(value, **options) == expected


# --- through an application -----------------------------------------------------------------------


def answer_of(endpoint: Any, **options: Any) -> Any:
    app = FastAPI()
    app.add_api_route("/", endpoint, **options)
    return TestClient(app).get("/")


@pytest.mark.parametrize("is_async", [True, False], ids=["async def", "def"])
@pytest.mark.parametrize(
    ("value", "options", "expected"),
    [
        ({"a": 1}, {}, b'{"a":1}'),
        (None, {}, b"null"),
        (Item(itemName="y"), {}, b'{"itemName":"y","price":1.0,"secret":"**********"}'),
        ({"itemName": "y", "more": 1}, {"response_model": Item}, None),
        (Item(), {"response_model": Item, "response_model_by_alias": False}, None),
        (Item(), {"response_model": Item, "response_model_exclude_unset": True}, b"{}"),
        (
            Item(price=2),
            {"response_model": Item, "response_model_include": {"price"}},
            b'{"price":2.0}',
        ),
        (
            Item(),
            {"response_model": Item, "response_model_exclude": {"secret", "name"}},
            b'{"price":1.0}',
        ),
        (
            [Item()],
            {"response_model": list[Item], "response_model_exclude_defaults": True},
            b"[{}]",
        ),
        (float("nan"), {"response_model": float}, b"null"),
        (decimal.Decimal("1.50"), {"response_model": decimal.Decimal}, b'"1.50"'),
    ],
)
def test_models_filter_and_options_choose(
    value: Any, options: dict[str, Any], expected: bytes | None, is_async: bool
) -> None:
    async def asynchronous() -> Any:
        return value

    def blocking() -> Any:
        return value

    response = answer_of(asynchronous if is_async else blocking, **options)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    if expected is not None:
        assert response.content == expected
    assert "more" not in response.text


def test_a_result_that_does_not_fit_is_an_error_of_the_program() -> None:
    async def read() -> Any:
        return {"price": "x"}

    with pytest.raises(ResponseValidationError) as caught:
        answer_of(read, response_model=Item)
    assert caught.value.body == {"price": "x"}
    assert caught.value.errors()[0]["loc"] == ("response", "price")
    assert "GET /" in str(caught.value)
    assert "test_respond.py" in str(caught.value)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_sends_none(status: int) -> None:
    async def read() -> None: ...

    response = answer_of(read, status_code=status, response_model=None)
    assert (response.status_code, response.content) == (status, b"")


def test_the_injected_response_gives_headers_cookies_and_the_status() -> None:
    async def read(response: Response) -> dict[str, int]:
        response.headers["x-one"] = "1"
        response.set_cookie("two", "2")
        response.status_code = 202
        return {"a": 1}

    answer = answer_of(read)
    assert (answer.status_code, answer.json()) == (202, {"a": 1})
    assert answer.headers["x-one"] == "1"
    assert answer.cookies["two"] == "2"
    assert answer.headers["content-length"] == "7"


def test_the_injected_response_may_ask_for_no_body() -> None:
    async def read(response: Response) -> dict[str, int]:
        response.status_code = 204
        return {"a": 1}

    answer = answer_of(read)
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_response_class_renders_and_a_response_is_sent_as_it_is() -> None:
    async def page() -> str:
        return "<p>"

    async def own() -> Response:
        return PlainTextResponse("own", 418, {"x-own": "1"})

    html = answer_of(page, response_class=HTMLResponse, status_code=201)
    assert (html.status_code, html.text) == (201, "<p>")
    assert html.headers["content-type"].startswith("text/html")
    plain = answer_of(own, status_code=201)
    assert (plain.status_code, plain.text, plain.headers["x-own"]) == (418, "own", "1")
