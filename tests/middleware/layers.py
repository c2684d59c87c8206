"""Middleware of every kind for `test_http.py`, which records what happens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from tests.middleware.endpoints import Note, Refused, current

Layer = tuple[Any, dict[str, Any]]


def dispatching(dispatch: Callable[..., Awaitable[Response]]) -> Callable[[Note], list[Layer]]:
    """A program with one middleware: a function of `note`, the request and `call_next`."""

    def layers(note: Note) -> list[Layer]:
        async def bound(request: Request, call_next: Any) -> Response:
            return await dispatch(note, request, call_next)

        return [(BaseHTTPMiddleware, {"dispatch": bound})]

    return layers


async def headers(note: Note, request: Request, call_next: Any) -> Response:
    note("before")
    response = await call_next(request)
    note("after", response.status_code)
    response.headers["x-after"] = "yes"
    response.status_code += 1
    return response


async def own_background(note: Note, request: Request, call_next: Any) -> Response:
    response = await call_next(request)
    response.background = BackgroundTask(note, "background of the middleware")
    return response


async def other_response(note: Note, request: Request, call_next: Any) -> Response:
    await call_next(request)
    note("after")
    return JSONResponse({"other": True}, 202)


async def no_call(note: Note, request: Request, call_next: Any) -> Response:
    return JSONResponse({"other": True}, 202, background=BackgroundTask(note, "background"))


async def fails_before(note: Note, request: Request, call_next: Any) -> Response:
    raise Refused("before")


async def fails_after(note: Note, request: Request, call_next: Any) -> Response:
    await call_next(request)
    note("after")
    raise Refused("after")


async def catches(note: Note, request: Request, call_next: Any) -> Response:
    try:
        return await call_next(request)
    except Refused as error:
        note("caught", str(error))
        return JSONResponse({"caught": str(error)}, 500)


async def reads_body(note: Note, request: Request, call_next: Any) -> Response:
    note("body", await request.body())
    return await call_next(request)


async def reads_stream(note: Note, request: Request, call_next: Any) -> Response:
    note("body", b"".join([chunk async for chunk in request.stream()]))
    return await call_next(request)


async def collects(note: Note, request: Request, call_next: Any) -> Response:
    response = await call_next(request)
    body = b"".join([chunk async for chunk in response.body_iterator])
    note("collected", body)
    return Response(body, response.status_code, dict(response.headers))


async def wraps_iterator(note: Note, request: Request, call_next: Any) -> Response:
    response = await call_next(request)
    inner = response.body_iterator

    async def upper() -> AsyncIterator[bytes]:
        async for chunk in inner:
            note("through", chunk)
            yield chunk.upper()

    response.body_iterator = upper()
    return response


async def streams_on(note: Note, request: Request, call_next: Any) -> Response:
    response = await call_next(request)

    async def tell() -> AsyncIterator[bytes]:
        async for chunk in response.body_iterator:
            note("through", chunk)
            yield chunk

    return StreamingResponse(tell(), response.status_code, dict(response.headers))


async def first_chunk(note: Note, request: Request, call_next: Any) -> Response:
    response = await call_next(request)
    async for chunk in response.body_iterator:
        note("first", chunk)
        break
    return response


async def with_wait_for(note: Note, request: Request, call_next: Any) -> Response:
    response = await asyncio.wait_for(call_next(request), 5)
    note("after")
    return response


async def with_timeout(note: Note, request: Request, call_next: Any) -> Response:
    async with asyncio.timeout(5):
        response = await call_next(request)
    note("after")
    return response


async def with_fail_after(note: Note, request: Request, call_next: Any) -> Response:
    with anyio.fail_after(5):
        response = await call_next(request)
    with anyio.move_on_after(5):
        await anyio.sleep(0.001)
    note("after")
    return response


async def with_group(note: Note, request: Request, call_next: Any) -> Response:
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 5)
        response = await call_next(request)
        group.cancel_scope.cancel()
    note("after")
    return response


async def with_gathered_chunks(note: Note, request: Request, call_next: Any) -> Response:
    response = await call_next(request)
    chunks = []
    while True:
        try:
            chunks.append(await asyncio.wait_for(response.body_iterator.__anext__(), 5))
        except StopAsyncIteration:
            break
    note("collected", b"".join(chunks))
    return Response(b"".join(chunks), response.status_code)


async def waits_after(note: Note, request: Request, call_next: Any) -> Response:
    response = await call_next(request)
    await asyncio.sleep(0.02)
    note("after")
    return response


async def with_group_after(note: Note, request: Request, call_next: Any) -> Response:
    response = await call_next(request)
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0.001)
        chunks = [chunk async for chunk in response.body_iterator]
    note("after", len(b"".join(chunks)))
    return Response(b"".join(chunks), response.status_code)


class Around:
    """A plain ASGI layer that keeps something open around everything inside of it."""

    def __init__(self, app: Any, note: Note, name: str) -> None:
        self.app, self.note, self.name = app, note, name

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with self.open():
            await self.app(scope, receive, send)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        token = current.set(self.name)
        self.note("opens", self.name)
        with anyio.CancelScope():
            try:
                yield
            finally:
                self.note("closes", self.name)
        current.reset(token)


class Named(BaseHTTPMiddleware):
    """A subclass, to stack several of them."""

    def __init__(self, app: Any, note: Note, name: str) -> None:
        super().__init__(app)
        self.note, self.name = note, name

    async def dispatch(self, request: Request, call_next: Any) -> Response:
        self.note("before", self.name)
        response: Response = await call_next(request)
        self.note("after", self.name)
        response.headers[f"x-{self.name}"] = "yes"
        response.background = BackgroundTask(self.note, "background of", self.name)
        return response


def stacked(note: Note) -> list[Layer]:
    return [(Named, {"note": note, "name": name}) for name in ("one", "two", "three")]


def mixed(note: Note) -> list[Layer]:
    return [
        (Around, {"note": note, "name": "outer"}),
        (Named, {"note": note, "name": "one"}),
        (CORSMiddleware, {"allow_origins": ["*"]}),
        (GZipMiddleware, {"minimum_size": 1}),
        (Around, {"note": note, "name": "inner"}),
        (Named, {"note": note, "name": "two"}),
        (GZipMiddleware, {"minimum_size": 1}),
    ]


FUNCTIONS = (headers, own_background, other_response, no_call, fails_before, fails_after, catches)
FUNCTIONS += (reads_body, reads_stream, collects, wraps_iterator, streams_on, first_chunk)
FUNCTIONS += (with_wait_for, with_timeout, with_fail_after, with_group, with_gathered_chunks)
FUNCTIONS += (waits_after, with_group_after)
PROGRAMS: dict[str, Callable[[Note], list[Layer]]] = {
    function.__name__: dispatching(function) for function in FUNCTIONS
}
PROGRAMS |= {"stacked": stacked, "mixed": mixed}
