"""JSON bodies, short and long, valid and invalid: their values and their errors."""

from __future__ import annotations

import datetime as dt
import gc
import json
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel
from pydantic_core import from_json

from pronghorn import Body, Depends, FastAPI, Query, Request
from pronghorn.run.input.json import HUGE_DIGITS, PAUSE_FROM, has_huge_integer, without_pauses
from pronghorn.testclient import TestClient
from tests.bad_input.asking import Answer, ask_all
from tests.bad_input.attacks import JSON, Attack, Headers


class Item(BaseModel):
    name: str
    price: float = 1.0
    tags: list[str] = []


class Event(BaseModel):
    when: str | dt.date


def shown(value: Any) -> str:
    """What was received, with its types and with which fields were set."""
    if isinstance(value, list):
        return str([shown(item) for item in value])
    return f"{value!r} {sorted(getattr(value, 'model_fields_set', ()))}"


Even = Annotated[int, AfterValidator(lambda value: value if value % 2 == 0 else 1 // 0)]


def program() -> FastAPI:
    app = FastAPI()
    calls: list[str] = []

    async def noted() -> None:
        calls.append("dependency")

    @app.post("/item")
    async def item(item: Item, limit: int = 1) -> str:
        return f"{shown(item)} {limit}"

    @app.post("/items")
    async def items(items: list[Item]) -> str:
        return shown(items)

    @app.post("/event")
    async def event(event: Event) -> str:
        return shown(event)

    @app.post("/optional")
    async def optional(item: Item | None = None) -> str:
        return shown(item)

    @app.post("/data")
    async def data(rows: list[dict[str, Any]]) -> str:
        return shown(rows)

    @app.post("/text")
    async def text(value: Annotated[str, Body()]) -> str:
        return shown(value)

    @app.post("/late", dependencies=[Depends(noted)])
    async def late(item: Item, request: Request, even: Annotated[Even, Query()] = 0) -> str:
        return f"{shown(item)} {even} {await request.json() == item.model_dump()} {calls.pop()}"

    return app


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


ITEM = {"name": "a", "price": 2, "tags": ["x", "y"]}
LONG = [ITEM] * 400
BODIES = [
    dumped(ITEM), dumped(ITEM | {"name": "x" * 400}), dumped(ITEM | {"tags": ["x"] * 5000}),
    dumped(LONG), dumped([*LONG, ITEM | {"price": "x"}]), dumped(LONG)[:-1], dumped({"name": 1}),
    dumped({"name": "a", "price": 10**400}), dumped([ITEM | {"price": 10**400}]),
    dumped({"name": "1" * 400, "price": 1e300}), b'{"name": "a", "price": 1e400}',
    b'{"name": "a", "price": NaN}', b'{"name": "a", "name": "b"}', b'{"name": "\\ud800"}',
    b'{"name": "a\xff"}', b"\xef\xbb\xbf" + dumped(ITEM), dumped(ITEM).decode().encode("utf-16"),
    b"[" * 300 + b"]" * 300, b"null", b"", b" ", b"1", b'"text"', b"{", b'{"name": "a"}x',
    b"1" * 5000, dumped({"when": "2020-01-01"}), dumped({"when": "2020-01-01", "x": "y" * 10_000}),
    dumped({"when": 1}), dumped({"when": [1] * 9000}),
]  # fmt: skip
PATHS = ("/item", "/items", "/event", "/optional", "/data", "/text", "/late")
TEXT: Headers = ((b"content-type", b"text/plain"),)
JSON_TYPE = {"content-type": "application/json"}
PROBLEM: Headers = ((b"content-type", b"application/problem+json; charset=utf-8"),)
REQUESTS = [
    Attack(f"{path} {index}", path, "POST", query, headers, body)
    for path in PATHS
    for index, body in enumerate(BODIES)
    for headers in (JSON, TEXT, PROBLEM, ())
    for query in ((b"", b"limit=x&even=3", b"even=2") if headers == JSON else (b"",))
]


def answers(requests: list[Attack], *, general: bool) -> list[Answer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRONGHORN_GENERAL", str(int(general)))
        return ask_all(program(), requests)


def test_both_ways_answer_the_same() -> None:
    compiled, general = (answers(REQUESTS, general=general) for general in (False, True))
    for request, answer, expected in zip(REQUESTS, compiled, general, strict=True):
        assert answer == expected, request
    assert {200, 400, 422, 500} == {answer.status for answer in compiled}


def post(path: str, body: bytes, headers: Headers = JSON) -> Answer:
    return answers([Attack("one", path, "POST", b"", headers, body)], general=False)[0]


def test_a_date_in_a_union_stays_the_text_that_was_sent() -> None:
    for size in (1, PAUSE_FROM):
        body = dumped({"when": "2020-01-01", "more": "x" * size})
        assert json.loads(post("/event", body).body) == "Event(when='2020-01-01') ['when']"


def test_an_integer_beyond_floats_is_refused_however_long_the_body_is() -> None:
    for items in ([], LONG):
        answer = post("/items", dumped([*items, {"name": "a", "price": 10**400}]))
        assert answer.status == 422
        assert json.loads(answer.body)["detail"][0]["loc"] == ["body", len(items), "price"]


def test_the_error_of_a_long_body_names_what_was_sent() -> None:
    answer = post("/items", dumped([*LONG, {"name": None}]))
    assert json.loads(answer.body)["detail"] == [
        {
            "type": "string_type",
            "loc": ["body", 400, "name"],
            "msg": "Input should be a valid string",
            "input": None,
        }
    ]


@pytest.mark.parametrize("path", ["/item", "/event", "/items"])
def test_a_parser_that_a_program_puts_in_place_is_used(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value: Any = {"name": "own", "when": "own"}
    monkeypatch.setattr(json, "loads", lambda body: [value] if path == "/items" else value)
    assert b"own" in TestClient(program()).post(path, content=b"[", headers=JSON_TYPE).content


def test_a_method_that_a_program_puts_in_place_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(self: Request) -> bytes:
        return b'{"name": "own"}'

    monkeypatch.setattr(Request, "body", body)
    assert "own" in TestClient(program()).post("/item", content=b"{", headers=JSON_TYPE).text


# --- long bodies ----------------------------------------------------------------------------


def test_no_garbage_is_looked_for_while_a_long_body_is_read() -> None:
    body = dumped(LONG * 20)

    def collections() -> int:
        return sum(generation["collections"] for generation in gc.get_stats())

    def read(text: bytes) -> int:
        before = collections()
        kept = from_json(text)
        return collections() - before + 0 * len(kept)

    assert read(body) > 0
    assert without_pauses(read, body) == 0
    assert gc.isenabled()


def test_the_collector_is_left_as_it_was() -> None:
    def fail(value: Any) -> None:
        raise ValueError(value)

    with pytest.raises(ValueError, match="x"):
        without_pauses(fail, "x")
    assert gc.isenabled()
    gc.disable()
    try:
        without_pauses(len, b"")
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "around", [b"", b"[" + b"1.5, " * 2000, b"x" * 31, b'{"a": "' + b"y" * 997]
)
def test_digits_in_a_row_are_found_wherever_they_begin(around: bytes) -> None:
    def found(digits: int) -> list[bool]:
        return [
            has_huge_integer(around + b" " * at + b"7" * digits + b" " * at) for at in range(64)
        ]

    assert all(found(HUGE_DIGITS))
    assert not any(found(HUGE_DIGITS - 1))


def test_many_digits_that_are_many_numbers_are_none() -> None:
    def numbers(digits: int) -> bytes:
        return dumped([10**digits] * 200)

    assert not has_huge_integer(numbers(300))
    assert has_huge_integer(numbers(310))
