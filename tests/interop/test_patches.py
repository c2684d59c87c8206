"""Libraries replace functions of pronghorn and Starlette, and requests call the replacements."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import fastapi
import fastapi.routing
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.responses import StreamingResponse

import pronghorn
from pronghorn import APIRouter, Depends, FastAPI, HTTPException, Request, WebSocket, routing
from pronghorn.responses import EventSourceResponse, JSONResponse
from pronghorn.testclient import TestClient

STEPS = ["get_request_handler", "solve_dependencies", "run_endpoint_function", "serialize_response"]
seen: list[str] = []


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    seen.clear()


def wrap(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Put a function around one of `pronghorn.routing` that notes its calls."""
    original = getattr(routing, name)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        seen.append(name)
        return original(*args, **kwargs)

    monkeypatch.setattr(routing, name, wrapper)


def get_session() -> str:
    return "session"


def made_app() -> FastAPI:
    app = FastAPI()
    router = APIRouter()

    @router.get("/async/{number}")
    async def in_coroutine(number: int, session: str = Depends(get_session)) -> dict[str, Any]:
        return {"number": number, "session": session}

    @router.get("/thread")
    def in_thread() -> int:
        return 1

    @router.get("/response")
    def response() -> JSONResponse:
        return JSONResponse("made")

    @router.get("/lines")
    async def lines() -> AsyncIterator[int]:
        yield 1

    @router.get("/events", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[int]:
        yield 1

    @router.get("/raw", response_class=StreamingResponse)
    def raw() -> Any:
        yield "raw"

    @router.websocket("/ws/{number}")
    async def ws(websocket: WebSocket, number: int, session: str = Depends(get_session)) -> None:
        await websocket.accept()
        await websocket.send_json([number, session])
        await websocket.close()

    app.include_router(router, prefix="/api")
    return app


@pytest.mark.parametrize("requests_before", [0, 1])
@pytest.mark.parametrize("name", STEPS)
def test_a_replaced_function_is_called(
    monkeypatch: pytest.MonkeyPatch, name: str, requests_before: int
) -> None:
    client = TestClient(made_app())
    for _ in range(requests_before):
        client.get("/api/async/1")

    wrap(monkeypatch, name)

    assert client.get("/api/async/3").json() == {"number": 3, "session": "session"}
    assert name in seen


def test_every_step_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in STEPS:
        wrap(monkeypatch, name)
    client = TestClient(made_app())

    for _ in range(2):
        seen.clear()
        client.get("/api/thread")
    assert seen == STEPS[1:]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/api/thread", "1"),
        ("/api/response", '"made"'),
        ("/api/lines", "1\n"),
        ("/api/events", "data: 1\n\n"),
        ("/api/raw", "raw"),
        ("/api/async/none", ""),
    ],
)
def test_answers_are_the_same(monkeypatch: pytest.MonkeyPatch, path: str, text: str) -> None:
    client = TestClient(made_app())
    plain = client.get(path)
    for name in STEPS:
        wrap(monkeypatch, name)

    wrapped = client.get(path)

    assert seen
    assert (wrapped.status_code, wrapped.text) == (plain.status_code, plain.text)
    assert wrapped.headers == plain.headers
    assert text in plain.text


def test_arguments_of_the_endpoint_are_those_that_were_solved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Marked(dict[str, Any]):
        """What a tracer returns in place of the arguments, to know them again."""

    solve, run = routing.solve_dependencies, routing.run_endpoint_function

    async def marking(**options: Any) -> Any:
        solved = await solve(**options)
        solved.values = Marked(solved.values)
        return solved

    async def noting(*, values: Any, **options: Any) -> Any:
        seen.append(type(values).__name__)
        return await run(values=values, **options)

    monkeypatch.setattr(routing, "solve_dependencies", marking)
    monkeypatch.setattr(routing, "run_endpoint_function", noting)
    client = TestClient(made_app())
    assert client.get("/api/async/3").json() == {"number": 3, "session": "session"}
    assert client.get("/api/thread").json() == 1
    assert seen == ["Marked", "Marked"]


def test_overrides_apply(monkeypatch: pytest.MonkeyPatch) -> None:
    app = made_app()
    wrap(monkeypatch, "run_endpoint_function")
    app.dependency_overrides[get_session] = lambda: "other"

    assert TestClient(app).get("/api/async/3").json() == {"number": 3, "session": "other"}


@pytest.mark.parametrize("name", ["get_websocket_app", "solve_dependencies"])
def test_websockets(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    wrap(monkeypatch, name)
    client = TestClient(made_app())

    with client.websocket_connect("/api/ws/3") as websocket:
        assert websocket.receive_json() == [3, "session"]
    assert name in seen


def test_once_put_back_nothing_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(made_app())
    with monkeypatch.context() as patched:
        wrap(patched, "run_endpoint_function")
        client.get("/api/thread")
    seen.clear()

    client.get("/api/thread")
    assert seen == []


def test_a_wrapped_endpoint_is_not_wrapped_again(monkeypatch: pytest.MonkeyPatch) -> None:
    original = routing.get_request_handler

    def wrapping(*args: Any, **kwargs: Any) -> Any:
        call = kwargs["dependant"].call

        def endpoint(**values: Any) -> Any:
            seen.append("wrapped")
            return call(**values)

        kwargs["dependant"].call = endpoint
        return original(*args, **kwargs)

    monkeypatch.setattr(routing, "get_request_handler", wrapping)
    client = TestClient(made_app())
    for _ in range(3):
        assert client.get("/api/thread").json() == 1
    assert seen == ["wrapped"] * 3


# --- layers -----------------------------------------------------------------------------------


def test_the_outermost_layer_is_starlettes_and_may_be_taken_apart() -> None:
    app = FastAPI()

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("broken")

    original = app.build_middleware_stack

    def build() -> Any:
        stack = original()
        assert isinstance(stack, ServerErrorMiddleware)
        seen.append("built")
        return ServerErrorMiddleware(stack.app, handler=stack.handler, debug=stack.debug)

    app.build_middleware_stack = build  # type: ignore[method-assign]
    client = TestClient(app, raise_server_exceptions=False)

    assert client.get("/broken").status_code == 500
    assert client.get("/nothing").json() == {"detail": "Not Found"}
    assert seen == ["built"]


def test_a_replaced_call_of_starlette(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Starlette.__call__

    async def called(self: Any, scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])
        await original(self, scope, receive, send)

    client = TestClient(made_app())
    client.get("/api/thread")
    monkeypatch.setattr(Starlette, "__call__", called)

    assert client.get("/api/thread").json() == 1
    assert seen == ["http"]


def test_replaced_middleware(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Middleware.__init__

    def noted(self: Any, cls: Any, *args: Any, **kwargs: Any) -> None:
        seen.append(cls.__name__)
        original(self, cls, *args, **kwargs)

    monkeypatch.setattr(Middleware, "__init__", noted)
    app = made_app()

    @app.exception_handler(418)
    async def teapot(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse("short and stout", 418)

    @app.get("/teapot")
    def refuse() -> None:
        raise HTTPException(418)

    client = TestClient(app)
    assert client.get("/teapot").json() == "short and stout"
    assert client.get("/api/async/none").status_code == 422
    assert ServerErrorMiddleware.__name__ in seen
    assert ExceptionMiddleware.__name__ in seen


def test_a_call_that_is_replaced_while_middleware_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """As elastic-apm does; what it has put in place ends its record of the request."""
    original = ServerErrorMiddleware.__call__

    async def called(self: Any, scope: Any, receive: Any, send: Any) -> None:
        await original(self, scope, receive, send)
        seen.append("ended")

    class Watching:
        def __init__(self, app: Any) -> None:
            self.app = app
            monkeypatch.setattr(ServerErrorMiddleware, "__call__", called)

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    app = made_app()
    app.add_middleware(Watching)

    assert TestClient(app).get("/api/thread").json() == 1
    assert seen == ["ended"]


def test_a_replaced_lifespan_and_a_replaced_document() -> None:
    app = FastAPI()
    original = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Any]:
        seen.append("started")
        async with original(app) as state:
            yield state
        seen.append("stopped")

    app.router.lifespan_context = lifespan
    app.openapi = lambda: {"openapi": "3.1.0", "mine": True}  # type: ignore[method-assign]
    with TestClient(app) as client:
        assert client.get("/openapi.json").json()["mine"] is True
    assert seen == ["started", "stopped"]


# --- what is not there ------------------------------------------------------------------------


def test_something_absent_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(AttributeError, match="did you mean 'get_request_handler'"):
        routing.get_request_handlers  # noqa: B018
    with pytest.raises(AttributeError, match=r"'pronghorn\.routing' has no attribute 'xyz'$"):
        routing.xyz  # noqa: B018
    assert not hasattr(routing, "xyz")


def test_names_that_only_pass_by_are_found_at_home() -> None:
    from pronghorn.applications import Middleware as passing
    from pronghorn.dependencies.utils import run_in_threadpool
    from pronghorn.routing import Mount, get_dependant

    assert passing is Middleware
    assert Mount.__module__ == "starlette.routing"
    assert run_in_threadpool.__module__ == "starlette.concurrency"
    assert get_dependant.__module__ == "pronghorn.dependencies.utils"


def serve_websocket(api: Any) -> Any:
    """Return an application with a WebSocket that has a dependency."""
    app = api.FastAPI()

    @app.websocket("/ws")
    async def greet(websocket: WebSocket, session: str = api.Depends(get_session)) -> None:
        await websocket.accept()
        await websocket.send_text(session)
        await websocket.close()

    return app


@pytest.mark.parametrize("api", [pronghorn, fastapi], ids=lambda api: api.__name__)
def test_a_class_of_websocket_routes_in_place_of_the_original(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = type("Plain", (api.routing.APIWebSocketRoute,), {})
    monkeypatch.setattr(api.routing, "APIWebSocketRoute", plain)
    assert type(serve_websocket(api).routes[-1]) is plain


def test_the_replaced_steps_of_a_websocket_get_the_keywords_of_fastapi(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def keywords_on(api: Any) -> list[str]:
        received: list[str] = []
        original = api.routing.solve_dependencies

        async def solve(**keywords: Any) -> Any:
            received.extend(sorted(keywords))
            return await original(**keywords)

        monkeypatch.setattr(api.routing, "solve_dependencies", solve)
        with TestClient(serve_websocket(api)).websocket_connect("/ws") as connection:
            assert connection.receive_text() == "session"
        return received

    assert keywords_on(pronghorn) == keywords_on(fastapi)


def test_the_replaced_step_of_a_request_gets_the_keywords_of_fastapi(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def keywords_on(api: Any) -> list[str]:
        received: list[str] = []
        original = api.routing.solve_dependencies

        async def solve(**keywords: Any) -> Any:
            received.extend(sorted(keywords))
            return await original(**keywords)

        monkeypatch.setattr(api.routing, "solve_dependencies", solve)
        app = api.FastAPI()

        async def note(response: Any, tasks: Any) -> None:
            response.headers["x-note"] = "set"
            tasks.add_task(received.append, "ran")

        note.__annotations__.update(response=api.Response, tasks=api.BackgroundTasks)
        app.get("/", response_model=None)(note)
        assert TestClient(app).get("/").headers["x-note"] == "set"
        return received

    assert keywords_on(pronghorn) == keywords_on(fastapi)


def test_a_handle_that_was_replaced_before_the_import_is_called() -> None:
    program = """
from starlette.routing import WebSocketRoute

original = WebSocketRoute.handle

async def handle(self, scope, receive, send):
    print("called")
    await original(self, scope, receive, send)

WebSocketRoute.handle = handle
from pronghorn import FastAPI, WebSocket
from pronghorn.testclient import TestClient

app = FastAPI()

@app.websocket("/ws")
async def greet(websocket: WebSocket):
    await websocket.accept()
    await websocket.close()

with TestClient(app).websocket_connect("/ws"):
    pass
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (done.stdout, done.returncode) == ("called\n", 0), done.stderr


@pytest.mark.parametrize(("framework", "calls"), [(fastapi, 1), (pronghorn, 0)])
def test_routes_do_not_call_request_response(
    framework: Any, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A difference on purpose; `get_request_handler` is called on both."""
    module = sys.modules[f"{framework.__name__}.routing"]
    for name in ("request_response", "get_request_handler"):
        original = getattr(module, name)

        def noting(*args: Any, _original: Any = original, _name: str = name, **kwargs: Any) -> Any:
            seen.append(_name)
            return _original(*args, **kwargs)

        monkeypatch.setattr(module, name, noting)
    app = framework.FastAPI(openapi_url=None)
    app.get("/")(get_session)
    assert TestClient(app).get("/").json() == "session"
    assert seen.count("request_response") == calls
    assert seen.count("get_request_handler") >= 1
