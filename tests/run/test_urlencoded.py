"""Small forms are read in one piece, with the result of Starlette's streaming parser."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import fastapi
import pytest
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import FormParser
from starlette.requests import Request

import pronghorn
from pronghorn.run.exchange import Exchange
from pronghorn.run.input.urlencoded import LARGEST, plain_fields, read_small_form
from pronghorn.testclient import TestClient
from tests.bad_input.asking import scope_of
from tests.bad_input.attacks import FORM, Attack

PIECES = (
    *(
        b"&",
        b"&",
        b"=",
        b"=",
        b"a",
        b"b",
        b"name",
        b"+",
        b"%20",
        b"%",
        b"%2",
        b"%zz",
        b"%41",
        b"%c3%a9",
    ),
    *(
        b"%ff",
        b"\xc3\xa9",
        b"\xff",
        b";",
        b"%00",
        b"%26",
        b"%3D",
        b"%2B",
        b" ",
        b"\n",
        b"1",
        b"%F0%9F",
    ),
)


def exchange_of(body: bytes, *headers: tuple[bytes, bytes]) -> Exchange:
    given = headers or (*FORM, (b"content-length", b"%d" % len(body)))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        raise AssertionError("nothing is sent")

    return Exchange(scope_of(Attack("", "/", "POST", headers=given)), receive, send)


def read(body: bytes, *headers: tuple[bytes, bytes], **limits: int) -> Any:
    return asyncio.run(read_small_form(exchange_of(body, *headers), limits))


def streamed(body: bytes) -> Any:
    """What Starlette reads."""

    async def stream() -> Any:
        yield body
        yield b""

    return asyncio.run(FormParser(Headers(), stream()).parse())


@pytest.mark.parametrize("seed", range(300))
def test_invented_bodies_are_read_as_starlette_reads_them(seed: int) -> None:
    chosen = random.Random(seed)
    body = b"".join(chosen.choice(PIECES) for _ in range(chosen.randint(0, 30)))
    assert read(body).multi_items() == streamed(body).multi_items()


@pytest.mark.parametrize("body", [b"", b"&", b"a", b"=", b"a=1&a=2&b=", b"a=b=c", b"a%3Db=%26"])
def test_odd_bodies_are_read_as_starlette_reads_them(body: bytes) -> None:
    assert read(body).multi_items() == streamed(body).multi_items()


def test_what_is_large_or_might_break_a_limit_is_left_to_the_parser() -> None:
    assert read(b"a=" + b"x" * LARGEST) is None
    assert read(b"&".join([b"a=1"] * 1001)) is None
    assert read(b"&".join([b"a=1"] * 1000)) is not None
    assert read(b"a=1&b=2&c=3", max_fields=2) is None
    assert read(b"a=1&b=2&c=3", max_fields=3) is not None
    assert read(b"a=12345", max_part_size=4) is None


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"3")],
        [*FORM],
        [*FORM, (b"content-length", b"nonsense")],
        [*FORM, (b"content-length", b"-1")],
        [(b"content-type", b"multipart/form-data; boundary=x"), (b"content-length", b"3")],
    ],
)
def test_what_is_no_plain_form_of_known_length_is_left_to_the_parser(
    headers: list[tuple[bytes, bytes]],
) -> None:
    assert read(b"a=1", *headers) is None


def test_a_request_object_that_exists_reads_the_form_itself() -> None:
    exchange = exchange_of(b"a=1")
    _ = exchange.connection
    assert asyncio.run(read_small_form(exchange, {})) is None


def test_the_request_object_knows_the_form_that_was_read() -> None:
    exchange = exchange_of(b"a=1")

    async def both() -> tuple[Any, Any, bytes]:
        form = await read_small_form(exchange, {})
        return form, await exchange.connection.form(), await exchange.connection.body()

    form, again, body = asyncio.run(both())
    assert again is form
    assert body == b"a=1"


def test_plain_fields_are_the_last_ones_and_files_are_refused() -> None:
    assert plain_fields(read(b"a=1&b=&a=2")) == {"a": "2", "b": ""}
    form = read(b"a=1")
    form._list.append(("file", UploadFile(file=None)))  # type: ignore[arg-type]  # not read
    with pytest.raises(LookupError):
        plain_fields(form)


@pytest.mark.parametrize("method", ["form", "_get_form"])
def test_a_method_of_the_request_that_is_replaced_is_called(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    original, calls = getattr(Request, method), []

    def replacement(self: Any, *arguments: Any, **options: Any) -> Any:
        calls.append(method)
        return original(self, *arguments, **options)

    counts = []
    for framework in (pronghorn, fastapi):
        app = framework.FastAPI()

        @app.post("/")
        async def echo(name: str = framework.Form()) -> str:
            return name

        client = TestClient(app)
        assert client.post("/", data={"name": "a"}).json() == "a"  # with the original first
        with monkeypatch.context() as patch:
            patch.setattr(Request, method, replacement)
            assert client.post("/", data={"name": "b"}).json() == "b"
        counts.append(len(calls))
        calls.clear()
    assert counts[0] == counts[1] > 0
