"""Middleware of Starlette that is compiled: what programs and libraries can see of it.

`tests/differential/test_stacks.py` compares the responses with those of FastAPI.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from functools import wraps
from typing import Any

import itsdangerous
import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.gzip import GZipMiddleware, GZipResponder
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from pronghorn import FastAPI, Request, Response, WebSocket
from pronghorn.middleware.compiled.known import explain_layers
from pronghorn.middleware.gzip import GZipMiddleware as OwnGZipMiddleware

STANDARD: list[tuple[Any, dict[str, Any]]] = [
    (CORSMiddleware, {"allow_origins": ["https://shop.example"]}),
    (GZipMiddleware, {}),
    (OwnGZipMiddleware, {}),
    (TrustedHostMiddleware, {"allowed_hosts": ["testserver"]}),
    (HTTPSRedirectMiddleware, {}),
    (SessionMiddleware, {"secret_key": "a"}),
]


def program() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def read() -> dict[str, str]:
        return {"name": "lamp" * 200}

    @app.websocket("/session")
    async def session(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json(dict(websocket.session))
        await websocket.close()

    @app.exception_handler(ValueError)
    async def handle(request: Request, error: ValueError) -> Response:
        return Response(status_code=418)

    return app


def walk(app: FastAPI) -> Iterator[Any]:
    """Yield the layers of an application as a library finds them."""
    layer: Any = app.middleware_stack
    while layer is not None:
        yield layer
        layer = getattr(layer, "app", None)


def ways(app: FastAPI) -> list[str]:
    """Return the lines of `pronghorn explain` about middleware."""
    return list(explain_layers(app.user_middleware))


@pytest.mark.parametrize(("kind", "options"), STANDARD)
def test_untouched_classes_are_compiled(kind: Any, options: dict[str, Any]) -> None:
    app = program()
    app.add_middleware(kind, **options)
    assert ways(app) == [f"{kind.__name__}: compiled into the pipeline"]


@pytest.mark.parametrize(("kind", "options"), STANDARD)
def test_subclasses_are_called(kind: Any, options: dict[str, Any]) -> None:
    called = []

    class Own(kind):  # type: ignore[misc]  # a parameter
        async def __call__(self, *arguments: Any) -> None:
            called.append(arguments[0]["type"])
            await super().__call__(*arguments)

    app = program()
    app.add_middleware(Own, **options)
    assert TestClient(app, base_url="https://testserver").get("/").status_code == 200
    assert called == ["http"]
    assert ways(app) == [f"Own: not compiled: a subclass of {kind.__name__}"]


@pytest.mark.parametrize(
    ("owner", "name", "kind", "options"),
    [
        (CORSMiddleware, "send", CORSMiddleware, {}),
        (CORSMiddleware, "is_allowed_origin", CORSMiddleware, {"allow_origins": ["a"]}),
        (GZipMiddleware, "__call__", OwnGZipMiddleware, {}),
        (GZipResponder, "apply_compression", GZipMiddleware, {}),
        (SessionMiddleware, "__call__", SessionMiddleware, {"secret_key": "a"}),
    ],
)
def test_replaced_methods_are_called(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, kind: Any, options: dict[str, Any]
) -> None:
    called = []
    original = getattr(owner, name)

    def replaced(*args: Any, **kwargs: Any) -> Any:
        called.append(name)
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, replaced)
    app = program()
    app.add_middleware(kind, **options)
    assert TestClient(app).get("/", headers={"origin": "a"}).status_code == 200
    assert called
    assert ways(app) == [
        f"{kind.__name__}: not compiled: methods of {owner.__name__} have been replaced"
    ]


@pytest.mark.parametrize(("kind", "options"), STANDARD)
def test_what_bears_the_name_of_a_known_class_is_called(kind: Any, options: dict[str, Any]) -> None:
    called = []

    @wraps(kind, updated=())
    def make(app: Any, **options: Any) -> Any:
        layer = kind(app, **options)

        async def call(scope: Any, receive: Any, send: Any) -> None:
            called.append(scope["type"])
            await layer(scope, receive, send)

        return call

    app = program()
    app.add_middleware(make, **options)
    assert TestClient(app, base_url="https://testserver").get("/").status_code == 200
    assert called == ["http"]
    assert "not compiled: its code is unknown" in ways(app)[0]


def test_libraries_find_the_layers_of_starlette() -> None:
    app = program()

    @app.middleware("http")
    async def through(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    for kind, options in STANDARD:
        app.add_middleware(kind, **options)
    TestClient(app).get("/")
    found = list(walk(app))
    assert isinstance(found[0], ServerErrorMiddleware)
    kinds = [type(layer) for layer in found]
    known = [kind for kind in kinds if kind in {each for each, _ in STANDARD}]
    assert known == [kind for kind, _ in reversed(STANDARD)]


def test_a_library_may_call_a_layer_that_it_has_found() -> None:
    app = program()
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])
    app.add_middleware(GZipMiddleware)
    client = TestClient(app)
    headers = {"origin": "https://shop.example"}
    expected = client.get("/", headers=headers)
    inside = next(layer for layer in walk(app) if isinstance(layer, GZipMiddleware))
    response = TestClient(inside).get("/", headers=headers)
    assert response.content == expected.content
    assert response.headers == expected.headers
    assert response.headers["content-encoding"] == "gzip"


def test_the_list_of_origins_may_change() -> None:
    origins: list[str] = []
    app = program()
    app.add_middleware(CORSMiddleware, allow_origins=origins)
    client = TestClient(app)
    headers = {"origin": "https://shop.example"}
    assert "access-control-allow-origin" not in client.get("/", headers=headers).headers
    origins.append("https://shop.example")
    allowed = client.get("/", headers=headers).headers["access-control-allow-origin"]
    assert allowed == "https://shop.example"


def test_a_header_that_cannot_be_sent_fails_where_it_is_needed() -> None:
    app = program()
    app.add_middleware(CORSMiddleware, expose_headers=["\N{SNOWMAN}"])
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/").status_code == 200
    assert client.get("/", headers={"origin": "https://shop.example"}).status_code == 500


def test_a_second_head_replaces_one_that_waits_for_its_body() -> None:
    """As on Starlette, whose `GZipMiddleware` keeps the head that was sent last."""
    app = program()

    async def start_twice(scope: Any, receive: Any, send: Any) -> None:
        for status in (200, 201):
            await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app.mount("/twice", start_twice)
    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    app.add_middleware(GZipMiddleware)
    app.add_middleware(SessionMiddleware, secret_key="a")
    response = TestClient(app).get("/twice/", headers={"origin": "https://shop.example"})
    assert response.status_code == 201
    assert response.headers["access-control-allow-origin"] == "*"


def test_an_error_of_a_layer_is_not_one_of_the_program() -> None:
    app = program()
    app.add_middleware(SessionMiddleware, secret_key="a")
    signed = itsdangerous.TimestampSigner("a").sign(b64encode(b"no JSON")).decode()
    client = TestClient(app, raise_server_exceptions=False, cookies={"session": signed})
    assert client.get("/").status_code == 500  # not 418, which the handler of `ValueError` answers


def test_websockets_pass_the_layers_that_know_them() -> None:
    app = program()
    for kind, options in STANDARD:
        app.add_middleware(kind, **options)
    client = TestClient(app, base_url="https://testserver")
    with client.websocket_connect("wss://testserver/session") as websocket:
        assert websocket.receive_json() == {}
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("wss://testserver/session", headers={"host": "evil.example"}),
    ):
        pass


def test_an_unhandled_error_has_the_headers_of_cors() -> None:
    app = program()

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError

    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    client = TestClient(app, raise_server_exceptions=False)
    response = client.get("/broken", headers={"origin": "https://shop.example"})
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == "*"


def test_a_method_replaced_after_the_start_is_seen_by_a_new_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = program()
    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    client = TestClient(app)
    assert client.get("/").status_code == 200
    called = []
    original = CORSMiddleware.simple_response

    async def replaced(*args: Any, **kwargs: Any) -> None:
        called.append(1)
        await original(*args, **kwargs)

    monkeypatch.setattr(CORSMiddleware, "simple_response", replaced)
    app.middleware_stack = None
    assert client.get("/").status_code == 200
    assert called
