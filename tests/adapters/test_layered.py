"""Requests of `pronghorn run` through compiled middleware and the limit of an application."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import httptools
import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn import FastAPI, Request
from pronghorn.responses import JSONResponse
from tests.differential.stack_drivers import Parsed, Wire
from tests.differential.stacks import Ask

LIMIT = 10


def program(limit: int | None = None) -> FastAPI:
    app = FastAPI(max_body_size=limit)

    @app.post("/echo")
    async def echo(request: Request) -> Any:
        return {"length": len(await request.body())}

    @app.get("/scope")
    async def scope(request: Request) -> Any:
        return {"keys": sorted(request.scope), "user": request.session.get("user")}

    return app


def ask(app: Any, *asked: Ask, parts: int = 1) -> list[Parsed]:
    """Send requests in turn, each in so many segments."""

    async def send() -> list[Parsed]:
        with Wire(app, is_direct=True) as wire:
            return [await wire.ask(each, parts) for each in asked]

    return asyncio.run(send())


def post(length: int, *headers: tuple[bytes, bytes]) -> Ask:
    declared = headers or ((b"content-length", b"%d" % length),)
    return Ask("POST", "/echo", [(b"host", b"a"), *declared], b"x" * length)


@pytest.mark.parametrize("has_layer", [False, True])
@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize(("length", "status"), [(0, 200), (LIMIT, 200), (LIMIT + 1, 413)])
def test_bodies_are_counted(length: int, status: int, parts: int, has_layer: bool) -> None:
    app = program(LIMIT)
    if has_layer:
        app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])
    first, second = ask(app, post(length), post(1), parts=parts)
    assert (first.status, second.status) == (status, 200)
    varies = (b"vary", b"Origin")
    assert (varies in second.headers) is has_layer


def test_a_body_without_a_length_is_counted() -> None:
    chunked = Ask(
        "POST",
        "/echo",
        [(b"host", b"a"), (b"transfer-encoding", b"chunked")],
        b"b\r\n" + b"x" * 11 + b"\r\n0\r\n\r\n",
    )
    for parts in (1, 2):
        (response,) = ask(program(LIMIT), chunked, parts=parts)
        assert response.status == 413


HEADS: list[Any] = [
    [(b"content-length", b"2")],
    [(b"content-length", b"2"), (b"x-own", b"1"), (b"vary", b"Accept"), (b"vary", b"Accept")],
    [(b"content-length", b"2"), (b"content-length", b"2")],
    [(b"content-length", b"3")],
    [(b"Content-Length", b"2")],
    [(b"content-length", b"2"), (b"connection", b"close")],
    [(b"content-length", b"2"), (b"transfer-encoding", b"chunked")],
    [[b"content-length", b"2"], [b"vary", b"Accept"]],
    [(b"content-length", b"2"), (b"vary", bytearray(b"Accept"))],
    [(b"x-own", b"1")],
]
#: uvicorn closes the connection.
BROKEN_HEADS: list[Any] = [
    [(b"content-length", b"two")],
    [(b"content-length", b"2"), (b"x-own", b"line\r\nx-other: 1")],
    [(b"content-length", b"2"), (b"x own", b"1")],
]


@pytest.mark.parametrize("headers", HEADS, ids=str)
@pytest.mark.parametrize("is_observed", [False, True])
@pytest.mark.parametrize("layers", [[], [CORSMiddleware]])
def test_a_whole_response_of_a_function_is_written_as_by_uvicorn(
    headers: Any, is_observed: bool, layers: list[Any]
) -> None:
    direct, plain = answer_behind_function(headers, is_observed, layers)
    assert direct == plain


@pytest.mark.parametrize("headers", BROKEN_HEADS, ids=str)
@pytest.mark.parametrize("layers", [[], [CORSMiddleware]])
def test_a_whole_response_that_cannot_be_written_is_answered_with_500(
    headers: Any, layers: list[Any]
) -> None:
    direct, _ = answer_behind_function(headers, is_observed=False, layers=layers)
    assert [each.status for each in direct] == [500, 500]


@pytest.mark.parametrize("headers", HEADS, ids=str)
@pytest.mark.parametrize("layers", [[], [CORSMiddleware]])
def test_headers_that_can_be_read_only_once_are_all_sent(headers: Any, layers: list[Any]) -> None:
    direct, plain = answer_behind_function(headers, is_observed=False, layers=layers, given_as=iter)
    assert direct == plain
    assert direct == answer_behind_function(headers, is_observed=False, layers=layers)[0]


def answer_behind_function(
    headers: Any, is_observed: bool, layers: list[Any], given_as: Callable[[Any], Any] = list
) -> tuple[list[Any], list[Any]]:
    """Return what `pronghorn run` and uvicorn answer to two requests behind a function."""

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": given_as(headers)})
        await send({"type": "http.response.body", "body": b"{}"})

    async def through(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    def build() -> FastAPI:
        app = FastAPI()
        app.mount("/", inside)
        app.middleware("http")(through)
        for layer in layers:
            app.add_middleware(layer, allow_origins=["https://a.example"])
        return app

    async def read(wire: Wire, asked: Ask) -> Any:
        try:
            return await wire.ask(asked)
        except httptools.HttpParserError as error:  # as a client refuses two lengths
            return str(error)

    async def both(asked: Ask) -> list[Any]:
        with (
            Wire(build(), is_direct=True, is_observed=is_observed) as direct,
            Wire(build(), is_direct=False) as plain,
        ):
            return [await read(direct, asked), await read(plain, asked)]

    direct: list[Any] = []
    plain: list[Any] = []
    for own in ([(b"connection", b"close")], [(b"origin", b"https://a.example")]):
        found = asyncio.run(both(Ask("GET", "/", [(b"host", b"a"), *own], b"")))
        direct.append(found[0])
        plain.append(found[1])
    return direct, plain


def test_a_session_is_in_a_scope_that_is_made_late() -> None:
    app = program()
    app.add_middleware(SessionMiddleware, secret_key="a")
    (response,) = ask(app, Ask("GET", "/scope", [(b"host", b"a")], b""))
    assert response.status == 200
    assert b'"session"' in response.body
    assert (b"vary", b"Cookie") in response.headers


def test_long_origins_and_hosts_are_not_kept() -> None:
    """Clients decide on both, so a server that kept them would keep what anybody sends."""
    app = FastAPI()

    @app.get("/")
    async def read() -> int:
        return 1

    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["*.shop.example"])

    def asks(name: str) -> list[Ask]:
        host = (b"host", f"{name}.shop.example".encode())
        return [Ask("GET", "/", [host, (b"origin", b"https://" + host[1])], b"")]

    first, *_ = ask(app, *asks("a"))
    assert (b"access-control-allow-origin", b"https://a.shop.example") in first.headers
    tracemalloc.start()
    try:
        for number in range(20):
            assert ask(app, *asks(f"{number}" * 7_000))[0].status == 200
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 300_000
    finally:
        tracemalloc.stop()


def test_an_error_of_a_layer_outside_is_no_error_before_the_response() -> None:
    """The session cannot be written, which happens while the response is sent."""
    handled = []
    app = FastAPI()

    @app.get("/")
    async def read(request: Request) -> int:
        request.session["user"] = object()
        return 1

    @app.exception_handler(TypeError)
    async def handle(request: Request, error: TypeError) -> JSONResponse:
        handled.append(error)
        return JSONResponse(None, 418)

    def make(inside: ASGIApp) -> ASGIApp:
        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            await inside(scope, receive, send)

        return call

    app.add_middleware(make)
    app.add_middleware(SessionMiddleware, secret_key="a")
    (response,) = ask(app, Ask("GET", "/", [(b"host", b"a")], b""))
    assert (response.status, handled) == (500, [])
