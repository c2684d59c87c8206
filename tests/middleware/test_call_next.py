"""`call_next`: its results, its streams, and features that Starlette's does not have."""

# Annotations are read at run time here, so they are not postponed.
import asyncio
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Any

import anyio
import pytest
import trio
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, StreamingResponse

from pronghorn import APIRouter, Depends, FastAPI, Request, Response
from pronghorn.middleware.http import InChildTask, in_child_task
from pronghorn.sse import EventSourceResponse
from pronghorn.testclient import TestClient
from tests.middleware.client import Client
from tests.middleware.programs import http_scope

user: ContextVar[str] = ContextVar("user", default="nobody")


@pytest.mark.anyio
async def test_context_variables_of_endpoints_and_dependencies_are_visible() -> None:
    app = FastAPI()
    tasks: list[Any] = []

    async def signed_in() -> AsyncIterator[None]:
        user.set("ada")
        yield

    @app.middleware("http")
    async def tell(request: Request, call_next: Any) -> Any:
        tasks.append(asyncio.current_task())
        response = await call_next(request)
        response.headers["x-user"] = user.get()
        return response

    @app.get("/", dependencies=[Depends(signed_in)])
    async def root() -> str:
        tasks.append(asyncio.current_task())
        return "hello"

    client = await Client(app).run()
    assert (b"x-user", b"ada") in client.messages[0]["headers"]
    assert tasks[0] is asyncio.current_task()
    assert tasks[1] is not asyncio.current_task()


@pytest.mark.anyio
async def test_is_disconnected_works_behind_middleware() -> None:
    app = FastAPI()

    @app.middleware("http")
    async def through(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    @app.get("/")
    async def root(request: Request) -> list[bool]:
        before = await request.is_disconnected()
        client.gone.set()
        return [before, await request.is_disconnected(), await request.is_disconnected()]

    client = Client(app)
    assert (await client.run()).body == b"[false,true,true]"


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["events", "lines", "raw"])
async def test_streams_arrive_item_by_item(kind: str) -> None:
    app = FastAPI()
    steps = [asyncio.Event() for _ in range(3)]

    async def items() -> AsyncIterator[Any]:
        for number, step in enumerate(steps):
            await step.wait()
            yield number

    @app.middleware("http")
    async def through(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    async def text() -> AsyncIterator[bytes]:
        async for number in items():
            yield b"%d" % number

    @app.get("/raw")
    async def raw() -> Response:
        return StreamingResponse(text())

    @app.get("/events", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[int]:
        async for number in items():
            yield number

    @app.get("/lines")
    async def lines() -> AsyncIterator[int]:
        async for number in items():
            yield number

    client = Client(app, f"/{kind}")
    running = asyncio.create_task(client.run())
    for count, step in enumerate(steps, 1):
        await client.until(count)
        assert len(client.messages) == count
        step.set()
    await running
    assert client.messages[-1].get("more_body", False) is False


@pytest.mark.anyio
async def test_stream_ends_when_the_client_leaves() -> None:
    app = FastAPI()
    closed: list[str] = []

    @app.middleware("http")
    async def through(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    @app.get("/")
    async def forever() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
                await asyncio.sleep(0.001)
        finally:
            closed.append("generator")

    client = Client(app)
    running = asyncio.create_task(client.run())
    await client.until(3)
    client.gone.set()
    await asyncio.wait_for(running, 5)
    assert closed == ["generator"]


@pytest.mark.anyio
async def test_endless_stream_ends_when_the_middleware_answers_something_else() -> None:
    app = FastAPI()
    closed: list[str] = []

    @app.middleware("http")
    async def other(request: Request, call_next: Any) -> Any:
        await call_next(request)
        return JSONResponse("other")

    @app.get("/")
    async def forever() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
                await asyncio.sleep(0.001)
        finally:
            closed.append("generator")

    client = await asyncio.wait_for(Client(app).run(), 5)
    assert client.body == b'"other"'
    assert closed == ["generator"]


async def with_asyncio_timeout(call_next: Callable[[], Any]) -> Any:
    async with asyncio.timeout(0.01):
        return await call_next()


async def with_wait_for(call_next: Callable[[], Any]) -> Any:
    return await asyncio.wait_for(call_next(), 0.01)


async def with_anyio(call_next: Callable[[], Any]) -> Any:
    with anyio.fail_after(0.01):
        return await call_next()


@pytest.mark.anyio
@pytest.mark.parametrize("limited", [with_asyncio_timeout, with_wait_for, with_anyio])
async def test_timeout_around_call_next_ends_the_endpoint(limited: Any) -> None:
    app = FastAPI()
    seen: list[str] = []

    async def dependency() -> AsyncIterator[None]:
        try:
            yield
        finally:
            seen.append("dependency closes")

    @app.middleware("http")
    async def limit(request: Request, call_next: Any) -> Any:
        try:
            return await limited(lambda: call_next(request))
        except TimeoutError:
            return JSONResponse("too slow", 504)

    @app.get("/", dependencies=[Depends(dependency)])
    async def slow() -> None:
        await asyncio.sleep(30)

    client = await asyncio.wait_for(Client(app).run(), 5)
    assert (client.status, client.body) == (504, b'"too slow"')
    assert seen == ["dependency closes"]


@pytest.mark.anyio
async def test_timeouts_of_the_endpoint_are_its_own() -> None:
    app = FastAPI()

    @app.middleware("http")
    async def through(request: Request, call_next: Any) -> Any:
        with anyio.fail_after(5):
            return await call_next(request)

    @app.get("/")
    async def root() -> list[str]:
        found = []
        with anyio.move_on_after(0.001) as scope:
            await anyio.sleep(5)
        found.append(str(scope.cancelled_caught))
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(5)
        except TimeoutError:
            found.append("TimeoutError")
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        except TimeoutError:
            found.append("TimeoutError")
        return found

    assert (await Client(app).run()).body == b'["True","TimeoutError","TimeoutError"]'


@pytest.mark.anyio
async def test_stacked_middleware_is_cancelled_while_a_stream_is_sent() -> None:
    app = FastAPI()
    sending = asyncio.Event()
    seen: list[str] = []

    async def with_scopes() -> AsyncIterator[None]:
        with anyio.CancelScope():
            try:
                yield
            finally:
                seen.append("dependency closes")

    for _ in range(3):

        @app.middleware("http")
        async def through(request: Request, call_next: Any) -> Any:
            return await call_next(request)

    @app.get("/", dependencies=[Depends(with_scopes)])
    async def lines() -> AsyncIterator[int]:
        await asyncio.sleep(0.001)
        yield 1

    async def send(message: Any) -> None:
        sending.set()
        await asyncio.sleep(30)

    client = Client(app)
    running = asyncio.create_task(app(http_scope("GET", "/"), client.receive, send))
    await sending.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert seen == ["dependency closes"]


@pytest.mark.anyio
async def test_call_next_answers_once() -> None:
    app = FastAPI()
    errors: list[str] = []

    @app.middleware("http")
    async def twice(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        try:
            await call_next(request)
        except RuntimeError as error:
            errors.append(str(error))
        return response

    @app.get("/")
    async def root() -> str:
        return "once"

    assert (await Client(app).run()).body == b'"once"'
    assert errors == ["call_next was called twice: one request has one response"]


@pytest.mark.anyio
async def test_application_that_sends_nothing() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return None

    async def through(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    app = in_child_task(BaseHTTPMiddleware(silent, dispatch=through))
    with pytest.raises(RuntimeError, match="No response returned"):
        await Client(app).run()


@pytest.mark.anyio
async def test_messages_besides_the_response() -> None:
    hint = {"type": "http.response.early_hint", "links": [b"</a.css>"]}
    debug = {"type": "http.response.debug", "info": {"template": "a.html"}}
    start = {"type": "http.response.start", "status": 200, "headers": []}
    path = {"type": "http.response.pathsend", "path": "/a"}

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        for message in (hint, debug, start, path):
            await send(message)

    async def through(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    app = in_child_task(BaseHTTPMiddleware(inner, dispatch=through))
    assert (await Client(app).run()).messages == [hint, debug, start, path]


def test_own_way_of_calling_is_respected() -> None:
    class Own(BaseHTTPMiddleware):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    router = APIRouter()
    assert not isinstance(in_child_task(Own(router)), InChildTask)
    assert in_child_task(router) is router


def test_works_on_trio() -> None:
    app = FastAPI()

    @app.middleware("http")
    async def on_trio(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-time"] = str(trio.current_time() > 0)
        return response

    @app.get("/")
    async def root() -> str:
        return "hello"

    with TestClient(app, backend="trio") as client:
        assert client.get("/").headers["x-time"] == "True"
