"""The spans of HTTP requests."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import baggage, trace
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import StatusCode
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, routing
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient
from tests.telemetry.conftest import Measured

OPERATIONS = ["fastapi.dependencies", "fastapi.endpoint", "fastapi.serialization"]
HEADERS = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01", "baggage": "user=ada"}


def current() -> str:
    span: Any = trace.get_current_span()
    return str(getattr(span, "name", "none"))


@pytest.mark.parametrize("is_async", [False, True])
def test_stages_are_children_of_the_request(measured: Measured, is_async: bool) -> None:
    app = FastAPI(telemetry=measured.config)
    seen: list[Any] = []

    def user() -> Any:
        seen.append(current())
        return baggage.get_baggage("user")

    def read(item_id: int, name: str = Depends(user)) -> dict[str, Any]:
        seen.append(current())
        return {"id": item_id, "name": name}

    async def read_async(item_id: int, name: str = Depends(user)) -> dict[str, Any]:
        return read(item_id, name)

    app.get("/items/{item_id}")(read_async if is_async else read)
    response = TestClient(app).get("/items/3?q=1", headers=HEADERS)

    assert response.json() == {"id": 3, "name": "ada"}
    assert seen == OPERATIONS[:2]
    assert measured.names == [*OPERATIONS, "GET /items/{item_id}"]
    server = measured.server
    assert server.context.trace_id == int("1" * 32, 16)
    assert server.parent is not None
    assert server.parent.span_id == int("2" * 16, 16)
    endpoint = (read_async if is_async else read).__qualname__
    for name in OPERATIONS:
        span = measured.span(name)
        assert span.parent is not None
        assert span.parent.span_id == server.context.span_id
        assert span.attributes == {"code.function.name": f"{__name__}.{endpoint}"}
    assert server.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/items/{item_id}",
        "network.protocol.version": "1.1",
        "server.address": "testserver",
        "server.port": 80,
        "url.path": "/items/3",
        "url.query": "q=1",
        "url.scheme": "http",
    }


@pytest.mark.usefixtures("mode")
def test_a_frontend_is_no_operation(measured: Measured, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("index")
    app = FastAPI(telemetry=measured.config)
    app.frontend("/ui", directory=tmp_path)

    assert TestClient(app).get("/ui/index.html").text == "index"
    assert measured.names == ["GET /ui/{path}"]
    assert (measured.server.attributes or {})["http.route"] == "/ui/{path}"


def test_a_blocking_endpoint_has_its_span_in_its_own_thread(measured: Measured) -> None:
    app = FastAPI(telemetry=measured.config)
    started: dict[str, int] = {}
    ran: list[int] = []

    class Started(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            started[span.name] = threading.get_ident()

    measured.tracer_provider.add_span_processor(Started())

    @app.get("/")
    def read() -> None:
        ran.append(threading.get_ident())

    TestClient(app).get("/")
    assert started["fastapi.endpoint"] == ran[0] != started["fastapi.dependencies"]


def test_stages_have_their_spans_while_a_function_is_replaced(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    run: Any = routing.run_endpoint_function

    async def replaced(**options: Any) -> Any:
        return await run(**options)

    monkeypatch.setattr(routing, "run_endpoint_function", replaced)
    app = FastAPI(telemetry=measured.config)

    @app.get("/")
    def read() -> str:
        return "x"

    assert TestClient(app).get("/").json() == "x"
    assert measured.names == [*OPERATIONS, "GET /"]


def test_failures_mark_the_span_in_which_they_happen(measured: Measured) -> None:
    app = FastAPI(telemetry=measured.config)

    @app.get("/endpoint")
    async def endpoint() -> None:
        raise ValueError("x")

    @app.get("/serialization", response_model=int)
    async def serialization() -> str:
        return "x"

    class Broken(Response):
        def render(self, content: Any) -> bytes:
            raise ValueError("x")

    @app.get("/class", response_class=Broken)
    def broken() -> str:
        return "x"

    @app.get("/answer/{status}")
    async def answer(status: int) -> None:
        raise HTTPException(status)

    client = TestClient(app, raise_server_exceptions=False)

    def failed(path: str) -> dict[str, Any]:
        measured.spans_in_memory.clear()
        client.get(path)
        spans = [span for span in measured.spans if span.status.status_code is StatusCode.ERROR]
        return {span.name: (span.attributes or {})["error.type"] for span in spans}

    assert failed("/endpoint") == {"fastapi.endpoint": "ValueError", "GET /endpoint": "ValueError"}
    invalid = "fastapi.exceptions.ResponseValidationError"
    assert failed("/serialization") == {
        "fastapi.serialization": invalid,
        "GET /serialization": invalid,
    }
    # As on FastAPI, the response class renders after the span of the serialization.
    assert failed("/class") == {"GET /class": "ValueError"}
    assert failed("/answer/404") == {}
    assert failed("/answer/503") == {"GET /answer/{status}": "503"}


def test_what_is_no_result_of_the_endpoint_is_not_serialized(measured: Measured) -> None:
    app = FastAPI(telemetry=measured.config)

    @app.get("/response")
    async def response() -> Response:
        return PlainTextResponse("x")

    @app.get("/stream")
    async def stream() -> AsyncIterator[int]:
        yield 1

    client = TestClient(app)
    assert client.get("/response").text == "x"
    assert measured.names == [*OPERATIONS[:2], "GET /response"]
    measured.spans_in_memory.clear()
    assert client.get("/stream").text == "1\n"
    assert measured.names == [OPERATIONS[0], "GET /stream"]


def test_background_tasks_have_spans_after_that_of_the_request(measured: Measured) -> None:
    app = FastAPI(telemetry=measured.config)
    seen: list[str] = []

    def work(name: str) -> None:
        seen.append(f"{name} in {current()}")

    @app.get("/")
    async def read(tasks: BackgroundTasks) -> Response:
        tasks.add_task(work, "added")
        return PlainTextResponse("x", background=BackgroundTask(work, "own"))

    TestClient(app).get("/")
    assert "added in fastapi.background_task" in seen
    task = next(span for span in measured.spans if span.name == "fastapi.background_task")
    assert task.start_time is not None
    assert measured.server.end_time is not None
    assert task.start_time >= measured.server.end_time
    assert task.attributes == {"code.function.name": f"{__name__}.{work.__qualname__}"}


def test_a_route_class_with_a_handler_of_its_own_has_stages_too(measured: Measured) -> None:
    class Timed(APIRoute):
        def get_route_handler(self) -> Any:
            original = super().get_route_handler()

            async def handler(request: Request) -> Response:
                assert current() == "GET /custom"
                return await original(request)

            return handler

    app = FastAPI(telemetry=measured.config)
    router = APIRouter(route_class=Timed)

    @router.get("/custom")
    async def read() -> int:
        return 1

    app.include_router(router)
    assert TestClient(app).get("/custom").json() == 1
    assert measured.names == [*OPERATIONS, "GET /custom"]


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("GET", "/shops/a/items/1", "/shops/{shop}/items/{item}"),
        ("POST", "/shops/a/items/1", "/shops/{shop}/items/{item}"),
        ("GET", "/shops/a/items/1/", "/shops/{shop}/items/{item}"),
        ("GET", "/shops/a/missing", "/shops/{shop}/{path}"),
        ("GET", "/other/x/1", "/other/{path}"),
        ("GET", "/plain/1", "/plain/{number}"),
        ("GET", "/v1/list", "/v1/list"),
        ("GET", "/missing", None),
    ],
)
def test_routes_are_named_by_their_whole_template(
    measured: Measured, method: str, path: str, template: str | None
) -> None:
    async def plain(request: Request) -> Response:
        return PlainTextResponse("x")

    app = FastAPI(telemetry=measured.config)
    shop = FastAPI(telemetry=measured.config)
    router = APIRouter(prefix="/v1")

    shop.get("/items/{item}")(lambda: 1)
    router.get("/list")(lambda: 1)
    app.include_router(router)
    app.mount("/shops/{shop}", shop)
    app.mount("/other", Starlette(routes=[Route("/x/{y}", plain)]))
    app.add_route("/plain/{number:int}", plain)

    TestClient(app).request(method, path, follow_redirects=False)
    server = measured.server
    assert (server.attributes or {}).get("http.route") == template
    assert server.name == (f"{method} {template}" if template else method)


@pytest.mark.usefixtures("served")
def test_credentials_in_a_query_are_not_told(measured: Measured) -> None:
    app = FastAPI(telemetry=measured.config)
    TestClient(app).get("/?sig=secret&q=a%20b&TOKEN=hidden&page=kept")
    attributes = measured.server.attributes or {}
    assert attributes["url.query"] == "sig=REDACTED&q=a+b&TOKEN=REDACTED&page=kept"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("Shop.Example:8443", ("shop.example", 8443)),
        ("[::1]", ("::1", 80)),
        ("user@shop.example", None),
        ("shop.example:port", None),
        ("", None),
    ],
)
def test_the_host_is_told_if_it_is_one(
    measured: Measured, host: str, expected: tuple[str, int] | None
) -> None:
    TestClient(FastAPI(telemetry=measured.config)).get("/", headers={"host": host})
    found = measured.server.attributes or {}
    told = (found["server.address"], found["server.port"]) if "server.address" in found else None
    assert told == expected


def test_a_middleware_with_a_scope_of_its_own_does_not_hide_the_route(measured: Measured) -> None:
    class Copying:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(dict(scope), receive, send)

    app = FastAPI(telemetry=measured.config)
    app.add_middleware(Copying)

    @app.get("/items/{item_id}")
    async def read(item_id: int) -> int:
        return item_id

    assert TestClient(app).get("/items/1").json() == 1
    assert measured.server.name == "GET /items/{item_id}"


def test_another_instrumentation_is_left_alone(measured: Measured) -> None:
    class Foreign:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    Foreign.__module__ = "opentelemetry.instrumentation.asgi"
    app = FastAPI(telemetry=measured.config)
    app.add_middleware(Foreign)
    TestClient(app).get("/")
    assert measured.names == []


def test_attributes_follow_each_request_although_those_of_its_client_are_kept(
    measured: Measured,
) -> None:
    app = FastAPI(telemetry=measured.config)
    client = TestClient(app)
    hosts = ["one.example:81", "two.example", "one.example:81", "x" * 200]
    for number, host in enumerate(hosts):
        client.get(f"/{number}?n={number}", headers={"host": host})

    found = [dict(span.attributes or {}) for span in measured.spans]
    assert [each["server.address"] for each in found] == [
        *("one.example", "two.example", "one.example", "x" * 200)
    ]
    assert [each["server.port"] for each in found] == [81, 80, 81, 80]
    assert [each["url.path"] for each in found] == ["/0", "/1", "/2", "/3"]
    assert [each["url.query"] for each in found] == ["n=0", "n=1", "n=2", "n=3"]
