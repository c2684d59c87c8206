"""The head of a stream waits for its first part, so that an earlier error has its own response."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from starlette.types import Message

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse, StreamingResponse
from pronghorn.run.streaming import held_head
from pronghorn.sse import EventSourceResponse
from pronghorn.testclient import TestClient


class Unavailable(Exception):
    """Has a handler of the program."""


ERRORS: dict[str, tuple[Exception, int, Any]] = {
    "http": (HTTPException(404, "gone", headers={"x-why": "late"}), 404, {"detail": "gone"}),
    "handled": (Unavailable(), 503, ["handled"]),
    "invalid": (RequestValidationError([{"loc": ["query"], "msg": "m", "type": "t"}]), 422, None),
    "unknown": (ValueError("unknown"), 500, None),
}


async def failing(name: str) -> AsyncIterator[str]:
    await asyncio.sleep(0.001)
    if name in ERRORS:
        raise ERRORS[name][0]
    yield "x"


def failing_in_thread(name: str) -> Iterator[str]:
    if name in ERRORS:
        raise ERRORS[name][0]
    yield "x"


KINDS: dict[str, dict[str, Any]] = {
    "raw": {"response_class": StreamingResponse},
    "events": {"response_class": EventSourceResponse},
    "lines": {},
}


class OwnResponse(StreamingResponse):
    async def stream_response(self, send: Any) -> None:
        await super().stream_response(send)


def streams(router: Any) -> None:
    @router.get("/returned/{name}")
    async def returned(name: str) -> Any:
        return StreamingResponse(failing(name))

    @router.get("/returned-in-thread/{name}")
    def returned_in_thread(name: str) -> Any:
        return StreamingResponse(failing_in_thread(name))

    @router.get("/own/{name}")
    def own(name: str) -> Any:
        return OwnResponse(failing(name))

    for kind, options in KINDS.items():

        @router.get(f"/{kind}/{{name}}", **options)
        async def yielding(name: str) -> AsyncIterator[str]:
            async for part in failing(name):
                yield part

        @router.get(f"/{kind}-in-thread/{{name}}", **options)
        def yielding_in_thread(name: str) -> Iterator[str]:
            yield from failing_in_thread(name)


PATHS = ["returned", "returned-in-thread", "own"]
for kind in KINDS:
    PATHS += [kind, f"{kind}-in-thread"]


async def answer_unavailable(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse(["handled"], 503)


def application() -> FastAPI:
    return FastAPI(exception_handlers={Unavailable: answer_unavailable})


def plain() -> FastAPI:
    app = application()
    streams(app)
    return app


def with_middleware() -> FastAPI:
    app = application()
    for _ in range(2):

        @app.middleware("http")
        async def passing(request: Request, call_next: Any) -> Any:
            return await call_next(request)

    router = APIRouter()
    streams(router)
    app.include_router(router)
    return app


def with_dependency() -> FastAPI:
    async def opened(tasks: BackgroundTasks) -> AsyncIterator[None]:
        yield

    app = application()
    router = APIRouter(dependencies=[Depends(opened)])
    streams(router)
    app.include_router(router)
    return app


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("program", [plain, with_middleware, with_dependency])
def test_an_error_before_the_first_part_is_answered(program: Any, path: str, name: str) -> None:
    client = TestClient(program(), raise_server_exceptions=False)
    _, status, content = ERRORS[name]
    answer = client.get(f"/{path}/{name}")
    assert answer.status_code == status
    if content is not None:
        assert answer.json() == content
    assert answer.headers.get("x-why") == ("late" if name == "http" else None)
    assert client.get(f"/{path}/none").status_code == 200


def test_an_item_that_is_not_as_declared_is_a_server_error() -> None:
    app = FastAPI()

    @app.get("/")
    async def numbers() -> AsyncIterator[int]:
        yield "no number"  # type: ignore[misc]  # what is tested

    assert TestClient(app, raise_server_exceptions=False).get("/").status_code == 500


class Watching:
    """A client that does something when the head has come."""

    def __init__(self) -> None:
        self.head = asyncio.Event()
        self.gone = asyncio.Event()
        self.sent: list[Message] = []
        self.requests = [{"type": "http.request", "body": b""}]

    async def receive(self) -> Message:
        if self.requests:
            return self.requests.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        self.head.set()

    async def get(self, app: Any, spec: str = "2.3") -> None:
        scope: Any = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
        scope |= {"headers": [], "asgi": {"spec_version": spec}}
        async with asyncio.timeout(10):
            await app(scope, self.receive, self.send)


@pytest.mark.anyio
@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("spec", ["2.3", "2.4"])
@pytest.mark.parametrize("kind", [StreamingResponse, EventSourceResponse, OwnResponse])
async def test_a_client_that_waits_for_the_head_gets_it(
    kind: Any, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_head, "LONGEST_WAIT", 0.01)
    app, client = FastAPI(), Watching()

    async def after_the_head() -> AsyncIterator[str]:
        await client.head.wait()
        yield "x"

    if kind is OwnResponse:

        @app.get("/")
        async def returned() -> Any:
            return OwnResponse(after_the_head())
    else:

        @app.get("/", response_class=kind)
        async def yielding() -> AsyncIterator[str]:
            async for part in after_the_head():
                yield part

    await client.get(app, spec)
    assert [message["type"] for message in client.sent[:2]] == [
        "http.response.start",
        "http.response.body",
    ]
    assert len([m for m in client.sent if m["type"] == "http.response.start"]) == 1


@pytest.mark.anyio
async def test_an_error_after_the_head_was_sent_breaks_the_stream_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(held_head, "LONGEST_WAIT", 0.01)
    app, client = FastAPI(), Watching()

    @app.get("/")
    async def returned() -> Any:
        async def parts() -> AsyncIterator[bytes]:
            await client.head.wait()
            raise HTTPException(404)
            yield b""

        return StreamingResponse(parts())

    with pytest.raises(RuntimeError, match="response already started"):
        await client.get(app)
    assert [message["type"] for message in client.sent] == ["http.response.start"]


@pytest.mark.anyio
async def test_a_client_that_leaves_before_the_first_part_is_no_error() -> None:
    app, client = FastAPI(), Watching()

    @app.middleware("http")
    async def passing(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    @app.get("/")
    async def returned() -> Any:
        async def parts() -> AsyncIterator[bytes]:
            client.gone.set()
            await asyncio.sleep(3600)
            yield b""

        return StreamingResponse(parts())

    await client.get(app)


@pytest.mark.anyio
@pytest.mark.parametrize("count", [0, 1])
async def test_a_stream_without_parts_has_a_head(count: int) -> None:
    app, client = FastAPI(), Watching()

    @app.get("/", response_class=StreamingResponse)
    async def nothing() -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b""

    await client.get(app)
    assert client.sent[0]["status"] == 200
    assert client.sent[-1]["more_body"] is False
