"""`request.is_disconnected()` before the body loses nothing, and sees when a client has left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from pronghorn import APIRouter, Depends, FastAPI, Request
from pronghorn.routing import APIRoute
from pronghorn.run.input.unread import MOST_BYTES

FORM = b"a=1&b=2"


class Uploading:
    """A client whose body is there at once, in two parts, and that can leave."""

    def __init__(self, *parts: bytes, path: str = "/") -> None:
        self.parts = list(parts)
        self.gone = anyio.Event()
        self.sent: list[Message] = []
        self.scope: Scope = {
            "type": "http",
            "asgi": {"spec_version": "2.3"},
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": [(b"content-type", b"application/x-www-form-urlencoded")],
        }

    async def receive(self) -> Message:
        if self.parts:
            body = self.parts.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(self.parts)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def post(self, app: Any) -> bytes:
        with anyio.fail_after(5):
            await app(self.scope, self.receive, self.send)
        return b"".join(message.get("body", b"") for message in self.sent)


async def read_body(request: Request) -> bytes:
    return await request.body()


async def read_stream(request: Request) -> bytes:
    return b"".join([chunk async for chunk in request.stream()])


async def read_form(request: Request) -> bytes:
    form = await request.form()
    return "&".join(f"{name}={value}" for name, value in form.items()).encode()


async def look(request: Request) -> None:
    for _ in range(3):  # the second and third time there may be nothing more to take
        assert not await request.is_disconnected()


Read = Callable[[Request], Awaitable[bytes]]
READS: list[Read] = [read_body, read_stream, read_form]


def looking_in_endpoint(app: FastAPI, read: Read) -> Any:
    @app.post("/")
    async def endpoint(request: Request) -> Response:
        await look(request)
        return Response(await read(request))

    return app


def looking_in_dependency(app: FastAPI, read: Read) -> Any:
    async def dependency(request: Request) -> Request:
        await look(request)
        return request

    router = APIRouter(dependencies=[Depends(look)])

    @router.post("/")
    async def endpoint(request: Request, same: Any = Depends(dependency)) -> Response:
        assert same is request
        await look(request)
        return Response(await read(request))

    app.include_router(router)
    return app


def looking_in_middleware(app: FastAPI, read: Read) -> Any:
    for _ in range(2):

        @app.middleware("http")
        async def middleware(request: Request, call_next: Any) -> Any:
            await look(request)
            return await call_next(request)

    return looking_in_endpoint(app, read)


def looking_after_middleware_has_read(app: FastAPI, read: Read) -> Any:
    looking_in_middleware(app, read)

    @app.middleware("http")
    async def middleware(request: Request, call_next: Any) -> Any:
        await request.body()
        return await call_next(request)

    return app


class PlainMiddleware:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await look(Request(scope, receive))
        await self.app(scope, receive, send)


def looking_in_plain_middleware(app: FastAPI, read: Read) -> Any:
    app.add_middleware(PlainMiddleware)
    looking_in_middleware(app, read)
    app.add_middleware(PlainMiddleware)
    return app


def looking_in_mounts(app: FastAPI, read: Read) -> Any:
    async def endpoint(request: Request) -> Response:
        await look(request)
        return Response(await read(request))

    inner = FastAPI()
    inner.mount("/", Starlette(routes=[Route("/", endpoint, methods=["POST"])]))
    app.mount("/", looking_in_middleware(inner, read))
    return app


def looking_in_a_request_of_its_own(app: FastAPI, read: Read) -> Any:
    class OwnRequest(Request):
        pass

    class OwnRoute(APIRoute):
        def get_route_handler(self) -> Any:
            handle = super().get_route_handler()

            async def handler(request: Request) -> Response:
                await look(request)
                own = OwnRequest(request.scope, request.receive)
                await look(own)
                return await handle(own)

            return handler

    app.router.route_class = OwnRoute
    return looking_in_endpoint(app, read)


WAYS = [
    looking_in_endpoint,
    looking_in_dependency,
    looking_in_middleware,
    looking_after_middleware_has_read,
    looking_in_plain_middleware,
    looking_in_mounts,
    looking_in_a_request_of_its_own,
]


@pytest.mark.anyio
@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("way", WAYS)
async def test_a_body_that_came_with_the_headers_is_kept(way: Any, read: Read) -> None:
    app = way(FastAPI(), read)
    assert await Uploading(FORM).post(app) == FORM
    assert await Uploading(FORM[:3], FORM[3:]).post(app) == FORM


@pytest.mark.anyio
@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("way", WAYS)
async def test_the_departure_is_seen_behind_a_body_that_nobody_has_read(way: Any) -> None:
    client = Uploading(FORM[:3], FORM[3:])

    async def wait(request: Request) -> bytes:
        while not await request.is_disconnected():
            client.gone.set()
            await anyio.lowlevel.checkpoint()
        assert await request.is_disconnected()
        return b"left"

    assert await client.post(way(FastAPI(), wait)) == b"left"


@pytest.mark.anyio
@pytest.mark.usefixtures("mode")
async def test_the_body_is_there_after_the_departure_was_seen() -> None:
    app, client = FastAPI(), Uploading(FORM)

    @app.post("/")
    async def endpoint(request: Request) -> Response:
        while not await request.is_disconnected():
            client.gone.set()
        return Response(await request.body())

    assert await client.post(app) == FORM


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_a_body_is_kept_on_trio() -> None:
    app = looking_in_dependency(FastAPI(), read_form)
    assert await Uploading(FORM[:3], FORM[3:]).post(app) == FORM


@pytest.mark.anyio
async def test_a_reader_whose_time_is_up_takes_nothing() -> None:
    app = FastAPI()

    @app.post("/")
    async def endpoint(request: Request) -> JSONResponse:
        with anyio.move_on_after(0) as scope:
            await request.receive()
        return JSONResponse([scope.cancelled_caught, (await request.body()).decode()])

    assert await Uploading(FORM).post(app) == b'[true,"a=1&b=2"]'


@pytest.mark.anyio
async def test_a_body_that_is_too_long_to_be_kept_is_not_cut_in_silence() -> None:
    app, client = FastAPI(), Uploading(b"x" * MOST_BYTES, b"y", b"z")
    seen: list[bool] = []

    @app.post("/")
    async def endpoint(request: Request) -> Response:
        for _ in range(4):
            seen.append(await request.is_disconnected())
            client.gone.set()
        return Response(await request.body())

    with pytest.raises(RuntimeError, match="read the body before `is_disconnected"):
        await client.post(app)
    assert seen == [False, False, False, True]


@pytest.mark.anyio
@pytest.mark.parametrize("parts", [[MOST_BYTES * 3], [MOST_BYTES, MOST_BYTES * 2]])
async def test_the_end_of_a_body_is_kept_however_long_it_is(parts: list[int]) -> None:
    app = FastAPI()

    @app.post("/")
    async def endpoint(request: Request) -> Response:
        seen = [await request.is_disconnected() for _ in range(3)]
        return JSONResponse([seen, len(await request.body())])

    answer = await Uploading(*[b"x" * part for part in parts]).post(app)
    assert answer == b"[[false,false,false],%d]" % (MOST_BYTES * 3)
