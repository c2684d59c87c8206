"""HEAD works where only GET is declared, with the same headers and no content."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount
from starlette.types import Message, Receive, Scope, Send

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from pronghorn.routing import APIRoute
from pronghorn.sse import EventSourceResponse
from pronghorn.testclient import TestClient


def messages_of(app: Any, method: str, path: str) -> list[Message]:
    """What an application sends over ASGI, before any server cuts the content off."""
    sent: list[Message] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [],
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    anyio.run(app, scope, receive, send)
    return sent


def content(messages: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages)


app = FastAPI()
router = APIRouter(prefix="/shop")


@app.get("/plain")
async def plain() -> dict[str, str]:
    return {"name": "lamp"}


@app.get("/made/{number}")
def made(number: int, response: Response) -> list[int]:
    response.headers["x-number"] = str(number)
    return [number]


@app.get("/text", response_class=PlainTextResponse)
async def text() -> str:
    return "some text"


@router.get("/items")
async def items() -> list[str]:
    return ["lamp"]


@router.get("/method")
async def method(request: Request) -> dict[str, str]:
    return {"method": request.method}


app.include_router(router)


@pytest.mark.parametrize("path", ["/plain", "/made/7", "/text", "/shop/items"])
def test_head_gives_the_headers_of_get_and_no_content(path: str) -> None:
    get, head = messages_of(app, "GET", path), messages_of(app, "HEAD", path)

    assert head[0] == get[0]
    assert dict(head[0]["headers"])[b"content-length"] == str(len(content(get))).encode()
    assert content(get) != b""
    assert content(head) == b""


def test_the_endpoint_sees_the_method_that_came() -> None:
    length = int(TestClient(app).head("/shop/method").headers["content-length"])

    assert length == len('{"method":"HEAD"}')


def test_the_paths_of_the_documentation_answer_head() -> None:
    client = TestClient(app)

    for path in ("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"):
        head, get = client.head(path), client.get(path)
        assert head.headers == get.headers
        assert head.content == b""


def test_a_declared_head_wins_even_a_later_one() -> None:
    app = FastAPI()

    @app.get("/a/{name}")
    @app.get("/fixed")
    async def read(name: str = "x") -> str:
        return name

    @app.head("/a/{name}")
    @app.head("/fixed")
    async def own() -> Response:
        return Response(headers={"x-own": "yes"})

    client = TestClient(app)
    assert client.head("/a/b").headers["x-own"] == "yes"
    assert client.head("/fixed").headers["x-own"] == "yes"


def test_a_mount_that_answered_head_so_far_still_does() -> None:
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("mounted", headers={"x-by": "mount"})(scope, receive, send)

    app = FastAPI()

    @app.get("/files/a")
    async def read() -> str:
        return "route"

    app.router.routes.append(Mount("/files", app=mounted))

    assert TestClient(app).head("/files/a").headers["x-by"] == "mount"


def test_head_is_no_operation_and_no_method_of_the_route() -> None:
    document = app.openapi()
    route = next(route for route in app.routes if getattr(route, "path", "") == "/plain")

    assert isinstance(route, APIRoute)
    assert route.methods == {"GET"}
    assert list(document["paths"]["/plain"]) == ["get"]
    assert document["paths"]["/plain"]["get"]["operationId"] == "plain_plain_get"


def test_other_methods_are_told_that_head_is_answered() -> None:
    response = TestClient(app).post("/plain")

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"


def test_paths_without_get_have_no_head() -> None:
    app = FastAPI()

    @app.post("/orders")
    async def order() -> None: ...

    response = TestClient(app).head("/orders")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


def test_it_can_be_switched_off() -> None:
    app = FastAPI(auto_head=False)

    @app.get("/plain")
    async def plain() -> None: ...

    response = TestClient(app).head("/plain")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET"


def test_errors_are_those_of_get() -> None:
    app = FastAPI()

    @app.get("/items/{number}")
    async def read(number: int) -> None:
        raise HTTPException(410, headers={"x-gone": "yes"})

    client = TestClient(app)
    assert client.head("/items/one").status_code == 422
    assert client.head("/items/1").status_code == 410
    assert client.head("/items/1").headers["x-gone"] == "yes"


@pytest.mark.parametrize("limit", [None, 10])
@pytest.mark.parametrize("kind", ["events", "lines", "response"])
def test_the_items_of_a_stream_are_not_made(kind: str, limit: int | None) -> None:
    app = FastAPI()
    app.router.max_body_size = limit
    made: list[int] = []
    done: list[str] = []

    async def numbers() -> AsyncIterator[int]:
        while True:  # it has no end
            made.append(1)
            yield 1

    def session() -> Iterator[None]:
        yield
        done.append("closed")

    @app.get("/events", response_class=EventSourceResponse, dependencies=[Depends(session)])
    async def events() -> AsyncIterator[int]:
        async for number in numbers():
            yield number

    @app.get("/lines", dependencies=[Depends(session)])
    async def lines() -> AsyncIterator[int]:
        async for number in numbers():
            yield number

    @app.get("/response", dependencies=[Depends(session)])
    async def response(background: BackgroundTasks) -> Response:
        background.add_task(done.append, "told")
        return StreamingResponse((str(number) async for number in numbers()), media_type="text/x")

    head = TestClient(app).head(f"/{kind}")

    assert head.status_code == 200
    assert head.headers["content-type"].split(";")[0] in (
        "text/event-stream",
        "application/jsonl",
        "text/x",
    )
    assert made == []
    assert done == (["told", "closed"] if kind == "response" else ["closed"])


def test_a_route_wrapped_by_a_library_answers_too() -> None:
    app = FastAPI()
    seen: list[str] = []

    @app.get("/wrapped")
    async def wrapped() -> dict[str, str]:
        return {"a": "b"}

    route = app.routes[-1]
    assert isinstance(route, APIRoute)
    inner = route.app

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["method"])
        await inner(scope, receive, send)

    route.app = around

    sent = messages_of(app, "HEAD", "/wrapped")
    assert sent[0]["status"] == 200
    assert content(sent) == b""
    assert seen == ["HEAD"]


def test_a_stream_with_a_method_of_its_own_that_looks_like_the_original() -> None:
    sent: list[str] = []

    class Announced(StreamingResponse):
        @functools.wraps(StreamingResponse.stream_response)
        async def stream_response(self, send: Send) -> None:
            sent.append("stream")
            await super().stream_response(send)

    app = FastAPI()

    @app.get("/")
    def announce() -> Response:
        return Announced(iter([b"a"]))

    assert TestClient(app).head("/").status_code == 200
    assert sent == ["stream"]
