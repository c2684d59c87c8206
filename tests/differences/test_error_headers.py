"""The response to an unhandled error has the CORS headers and the request id."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from types import ModuleType
from typing import Any

import fastapi
import pytest
from fastapi.testclient import TestClient as FastAPIClient
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

import pronghorn
from pronghorn import BackgroundTasks, Depends, FastAPI, Request, WebSocket
from pronghorn.testclient import TestClient

SHOP = "https://shop.example"
OTHER = "https://other.example"
CORS: dict[str, dict[str, Any]] = {
    "any origin": {"allow_origins": ["*"]},
    "one origin": {"allow_origins": [SHOP]},
    "no origin": {},
    "a pattern": {"allow_origin_regex": r"https://.*\.example"},
    "credentials": {"allow_origins": [SHOP], "allow_credentials": True},
    "any with credentials": {"allow_origins": ["*"], "allow_credentials": True},
    "exposed headers": {"allow_origins": [SHOP], "expose_headers": ["X-Total"]},
}


class Broken(Exception):
    """An error without a handler."""


class Passes:
    """A pure middleware, which changes nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Fails(Passes):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/in-middleware":
            raise Broken
        await super().__call__(scope, receive, send)


class NamesRequests(Passes):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["request_id"] = "id-of-state"
        await super().__call__(scope, receive, send)


async def passes_on(request: Request, call_next: Any) -> Any:
    return await call_next(request)


LAYERS: dict[str, list[Any]] = {
    "alone": [],
    "inside gzip": [("outside", GZipMiddleware, {"minimum_size": 1})],
    "around gzip": [("inside", GZipMiddleware, {"minimum_size": 1})],
    "inside http middleware": [("outside", BaseHTTPMiddleware, {"dispatch": passes_on})],
    "around http middleware": [("inside", BaseHTTPMiddleware, {"dispatch": passes_on})],
}


def fails() -> None:
    raise Broken


def build(api: ModuleType = pronghorn, layers: Any = (), **options: Any) -> Any:
    """Return an application whose paths fail in different places."""
    cors = options.pop("cors", {"allow_origins": [SHOP]})
    app = api.FastAPI(**options)
    for place, kind, keywords in layers:
        if place == "inside":
            app.add_middleware(kind, **keywords)
    app.add_middleware(CORSMiddleware, **cors)
    for place, kind, keywords in layers:
        if place == "outside":
            app.add_middleware(kind, **keywords)

    @app.get("/fine")
    def fine() -> int:
        return 1

    @app.get("/endpoint")
    async def endpoint() -> None:
        raise Broken

    @app.get("/thread")
    def thread() -> None:
        raise Broken

    @app.get("/dependency", dependencies=[api.Depends(fails)])
    async def dependency() -> None: ...

    return app


def ask(app: Any, path: str = "/endpoint", client: Any = TestClient, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client(app, raise_server_exceptions=False).get(path, headers=named)


class OnlyPublic(CORSMiddleware):
    """Adds its headers to the responses of some paths only."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inside = super().__call__ if scope["path"].startswith("/public") else self.app
        await inside(scope, receive, send)


def test_a_subclass_that_chooses_its_paths_is_not_asked_about_others() -> None:
    app = FastAPI()
    app.add_middleware(OnlyPublic, allow_origins=[SHOP], allow_credentials=True)
    app.get("/private")(fails)
    response = ask(app, "/private", origin=SHOP)
    assert response.status_code == 500
    assert of_cors(response) == {}


def of_cors(response: Any) -> dict[str, str]:
    names = ("access-control", "vary")
    return {key: value for key, value in response.headers.items() if key.startswith(names)}


@pytest.mark.parametrize("origin", [SHOP, OTHER, None])
@pytest.mark.parametrize("cors", CORS.values(), ids=CORS)
@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_the_cors_headers_are_those_of_other_responses(
    cors: dict[str, Any], layers: Any, origin: str | None
) -> None:
    app = build(cors=cors, layers=layers)
    headers = {} if origin is None else {"origin": origin}
    fine = of_cors(ask(app, "/fine", **headers))
    fine["vary"] = fine["vary"].replace("Accept-Encoding, ", "").replace(", Accept-Encoding", "")
    for path in ("/endpoint", "/thread", "/dependency"):
        failed = ask(app, path, **headers)
        assert (failed.status_code, failed.text) == (500, "Internal Server Error")
        assert of_cors(failed) == fine


def test_the_rest_is_as_on_fastapi() -> None:
    def answers(api: ModuleType, client: Any) -> Any:
        app = build(api)
        failed = ask(app, "/endpoint", client, origin=SHOP)
        without = {key: failed.headers[key] for key in ("content-type", "content-length")}
        preflight = client(app).options(
            "/endpoint", headers={"origin": SHOP, "access-control-request-method": "GET"}
        )
        with pytest.raises(Broken):
            client(app).get("/endpoint")
        return failed.status_code, failed.text, without, preflight.headers.items()

    assert answers(pronghorn, TestClient) == answers(fastapi, FastAPIClient)


def test_they_can_be_switched_off() -> None:
    app = build(error_headers=False)
    headers = {"origin": SHOP, "x_request_id": "a1"}
    expected = ask(build(fastapi), "/endpoint", FastAPIClient, **headers)
    assert ask(app, **headers).headers == expected.headers
    assert "vary" not in ask(app, **headers).headers


@pytest.mark.parametrize("key", [500, Exception])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_response_of_an_own_handler(key: Any, asynchronous: bool) -> None:
    def handler(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": type(error).__name__}, 503, {"vary": "Accept"})

    async def in_loop(request: Request, error: Exception) -> JSONResponse:
        return handler(request, error)

    app = build(exception_handlers={key: in_loop if asynchronous else handler})
    failed = ask(app, origin=SHOP)
    assert (failed.status_code, failed.json()) == (503, {"error": "Broken"})
    assert of_cors(failed) == {"access-control-allow-origin": SHOP, "vary": "Accept, Origin"}


def test_an_own_handler_that_sets_the_headers_keeps_them() -> None:
    def handler(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({}, 500, {"Access-Control-Allow-Origin": OTHER, "X-Request-ID": "own"})

    failed = ask(build(exception_handlers={Exception: handler}), origin=SHOP, x_request_id="a1")
    assert of_cors(failed) == {"access-control-allow-origin": OTHER}
    assert failed.headers.get_list("x-request-id") == ["own"]


def test_the_traceback_of_debug_mode_has_them() -> None:
    failed = ask(build(debug=True), origin=SHOP)
    assert "Traceback" in failed.text
    assert failed.headers["access-control-allow-origin"] == SHOP


def test_an_error_of_a_middleware_outside_or_inside() -> None:
    for place in ("outside", "inside"):
        failed = ask(build(layers=[(place, Fails, {})]), "/in-middleware", origin=SHOP)
        assert failed.status_code == 500
        assert failed.headers["access-control-allow-origin"] == SHOP


def test_handled_errors_are_unchanged() -> None:
    app = build()
    assert of_cors(ask(app, "/nowhere", origin=SHOP)) == {
        "access-control-allow-origin": SHOP,
        "vary": "Origin",
    }


def test_a_mounted_application_has_its_own() -> None:
    app = build(cors={"allow_origins": [SHOP]})
    app.mount("/own", build(cors={"allow_origins": [OTHER]}))
    app.mount("/plain", FastAPI())
    plain = FastAPI()
    plain.get("/endpoint")(fails)
    app.mount("/without", plain)
    assert ask(app, "/own/endpoint", origin=OTHER).headers["access-control-allow-origin"] == OTHER
    assert ask(app, "/own/endpoint", origin=SHOP).headers["access-control-allow-origin"] == SHOP
    without = ask(app, "/without/endpoint", origin=SHOP)
    assert of_cors(without) == {"access-control-allow-origin": SHOP, "vary": "Origin"}


def test_an_error_after_the_response_has_started_changes_nothing() -> None:
    app = build()

    async def parts() -> AsyncIterator[bytes]:
        yield b"first"
        raise Broken

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(parts())

    @app.get("/background")
    async def background(tasks: BackgroundTasks) -> int:
        tasks.add_task(fails)
        return 1

    for path in ("/stream", "/background"):
        failed = ask(app, path, origin=SHOP, x_request_id="a1")
        assert failed.status_code == 200
        assert of_cors(failed) == {"access-control-allow-origin": SHOP, "vary": "Origin"}
        assert "x-request-id" not in failed.headers


def test_a_dependency_that_fails_after_its_yield() -> None:
    app = build()

    def session() -> Iterator[int]:
        yield 1
        raise Broken

    @app.get("/exit")
    async def leave(value: int = Depends(session, scope="function")) -> int:
        return value

    failed = ask(app, "/exit", origin=SHOP)
    assert failed.status_code == 500
    assert failed.headers["access-control-allow-origin"] == SHOP


def test_websockets_are_unaffected() -> None:
    app = build()

    @app.websocket("/chat")
    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        raise Broken

    with (
        pytest.raises((Broken, WebSocketDisconnect)),
        TestClient(app).websocket_connect("/chat", headers={"origin": SHOP}) as socket,
    ):
        socket.receive_text()


@pytest.mark.parametrize("header", ["X-Request-ID", "X-Correlation-ID"])
def test_the_id_of_the_request_comes_back(header: str) -> None:
    app = FastAPI()
    app.get("/endpoint")(fails)
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/endpoint", headers={header: "a1"}).headers[header] == "a1"
    assert header not in client.get("/endpoint").headers


@pytest.mark.parametrize("value", ["", "a b", "x" * 201, "\xe9"])
def test_an_id_that_is_no_token_does_not(value: str) -> None:
    app = FastAPI()
    app.get("/endpoint")(fails)
    client = TestClient(app, raise_server_exceptions=False)
    failed = client.get("/endpoint", headers={"X-Request-ID": value.encode("latin-1")})
    assert failed.status_code == 500
    assert "x-request-id" not in failed.headers


def test_the_id_that_a_middleware_keeps_in_the_state() -> None:
    app = build(layers=[("outside", NamesRequests, {})])
    assert ask(app, x_request_id="a1").headers.get_list("x-request-id") == ["id-of-state"]

    async def names(request: Request, call_next: Any) -> Any:
        request.state.correlation_id = "of-function"
        return await call_next(request)

    app = build(layers=[("inside", BaseHTTPMiddleware, {"dispatch": names})])
    assert ask(app).headers["x-correlation-id"] == "of-function"


def test_the_id_of_asgi_correlation_id(monkeypatch: pytest.MonkeyPatch) -> None:
    # The package itself is in tests/ecosystem; this has what is used of it.
    variable: ContextVar[str | None] = ContextVar("variable", default=None)
    package = ModuleType("asgi_correlation_id")
    vars(package)["correlation_id"] = variable

    class CorrelationIdMiddleware(Passes):
        header_name = "X-Trace"

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            variable.set("chosen")
            await super().__call__(scope, receive, send)

    CorrelationIdMiddleware.__module__ = "asgi_correlation_id.middleware"
    monkeypatch.setitem(sys.modules, "asgi_correlation_id", package)
    app = build(layers=[("outside", CorrelationIdMiddleware, {})])
    assert ask(app).headers["x-trace"] == "chosen"


def test_a_cors_middleware_that_fails_leaves_the_response(caplog: Any) -> None:
    class Odd(CORSMiddleware):
        async def send(self, *args: Any, **options: Any) -> None:
            raise KeyError("odd")

    app = FastAPI()
    app.add_middleware(Odd, allow_origins=["*"])
    app.get("/endpoint")(fails)
    failed = ask(app, origin=SHOP)
    assert (failed.status_code, failed.text) == (500, "Internal Server Error")
    assert "incomplete" in caplog.text


def test_where_a_library_observes_the_layers_of_starlette(monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.middleware.errors import ServerErrorMiddleware

    seen: list[str] = []
    original = ServerErrorMiddleware.__call__

    async def observed(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["path"])
        await original(self, scope, receive, send)

    monkeypatch.setattr(ServerErrorMiddleware, "__call__", observed)
    app = build()
    failed = ask(app, origin=SHOP, x_request_id="a1")
    assert failed.status_code == 500
    assert of_cors(failed) == {"access-control-allow-origin": SHOP, "vary": "Origin"}
    assert failed.headers["x-request-id"] == "a1"
    assert of_cors(ask(app, "/fine", origin=SHOP)) == of_cors(failed)
    assert seen == ["/endpoint", "/fine"]
