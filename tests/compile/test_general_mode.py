"""`PRONGHORN_GENERAL=1` switches the short ways off; responses stay the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pronghorn import FastAPI, WebSocket
from pronghorn.testclient import TestClient
from tests.bad_input.asking import Answer, ask
from tests.bad_input.attacks import FORM, JSON, MULTIPART, Attack
from tests.compile.counting import count_calls
from tests.compile.program import PART, REQUESTS, constant, program

MORE = [
    Attack("query", "/items/5", query=b"q=a%20b&q=c"),
    Attack("bad query", "/items/5", query=b"q=%ff%"),
    Attack("missing", "/headers"),
    Attack("wrong cookie", "/headers", query=b"tags=a", headers=((b"cookie", b"session=x"),)),
    Attack("dependency error", "/graph", query=b"n=x"),
    Attack("yield error", "/yield", query=b"n=x"),
    Attack("class error", "/class", query=b"limit=1000"),
    Attack("no token", "/bearer"),
    Attack("no user", "/user"),
    Attack("HEAD", "/constant", "HEAD"),
    Attack("slash", "/constant/"),
    Attack("no body", "/json", "POST", headers=JSON),
    Attack("bad JSON", "/json", "POST", headers=JSON, body=b"{"),
    Attack("wrong JSON", "/json", "POST", headers=JSON, body=b'{"price": "x"}'),
    Attack("text", "/json", "POST", headers=((b"content-type", b"text/plain"),), body=b"{}"),
    Attack("coerced", "/json", "POST", headers=JSON, body=b'{"name": "a", "price": "2"}'),
    Attack("one part", "/embedded", "POST", headers=JSON, body=b'{"weight": 1}'),
    Attack("list", "/embedded", "POST", headers=JSON, body=b"[]"),
    Attack("empty form", "/form", "POST", headers=FORM),
    Attack("wrong form", "/form", "POST", headers=FORM, body=b"name=a&age=x"),
    Attack("multipart form", "/form", "POST", headers=MULTIPART, body=PART),
    Attack("no file", "/upload", "POST", headers=FORM, body=b"file=text"),
]


ALL = REQUESTS + MORE


def answers(requests: list[Attack], *, general: bool) -> list[Answer]:
    """What one program answers, in the order of the requests."""
    app: Any = program()

    async def run() -> list[Answer]:
        return [await ask(app, request) for request in requests]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRONGHORN_GENERAL", str(int(general)))
        return asyncio.run(run())


@pytest.fixture(scope="module")
def compiled() -> list[Answer]:
    return answers(ALL, general=False)


@pytest.fixture(scope="module")
def in_general() -> list[Answer]:
    return answers(ALL, general=True)


@pytest.mark.parametrize("index", range(len(ALL)), ids=lambda index: ALL[index].name)
def test_the_answer_is_the_same(
    index: int, compiled: list[Answer], in_general: list[Answer]
) -> None:
    assert in_general[index] == compiled[index]
    assert compiled[index].status != 0


@pytest.mark.parametrize("general", [False, True], ids=["compiled", "general"])
def test_a_second_request_is_answered_as_the_first(general: bool, compiled: list[Answer]) -> None:
    twice = [request for request in reversed(ALL) for _ in range(2)]
    expected = [answer for answer in reversed(compiled) for _ in range(2)]
    assert answers(twice, general=general) == expected


def test_no_short_way_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRONGHORN_GENERAL", "1")
    app = FastAPI()
    app.get("/constant")(constant)

    @app.websocket("/echo")
    async def echo(websocket: WebSocket, times: int = 1) -> None:
        await websocket.accept()
        await websocket.send_text(times * await websocket.receive_text())

    with count_calls() as calls:
        client = TestClient(app)
        assert client.get("/constant").status_code == 200
        with client.websocket_connect("/echo?times=2") as connection:
            connection.send_text("a")
            assert connection.receive_text() == "aa"
    assert (
        calls.into("pronghorn.compile.source", "pronghorn.compile.parameter_expressions") == set()
    )
