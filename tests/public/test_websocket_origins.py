"""WebSockets of foreign sites are refused at the handshake, before any code of the program runs."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Host, Mount, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from pronghorn import APIRouter, Depends, FastAPI, WebSocket, WebSocketException
from pronghorn.exceptions import SetupError, SetupTypeError
from pronghorn.routing import APIWebSocketRoute
from pronghorn.testclient import TestClient
from pronghorn.websockets import WebSocketDisconnect

SHOP, EVIL, OWN = "https://shop.example", "https://evil.example", "http://testserver"
LINE = (
    "The WebSocket '/ws' was refused with 403: websocket_origins does not allow the origin "
    "'https://evil.example'. The request is for 'testserver', by http. "
    "websocket_origins=[...] of the route, its router or the application lists other sites."
)
pytestmark = pytest.mark.usefixtures("mode")


async def hello(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


def opens(app: ASGIApp, origin: str | None, path: str = "/ws", **headers: str) -> bool:
    """Return whether a browser that shows a page of an origin can open a WebSocket."""
    if origin is not None:
        headers["origin"] = origin
    try:
        with TestClient(app).websocket_connect(path, headers=headers) as socket:
            return bool(socket.receive_text() == "hello")
    except WebSocketDisconnect as error:
        if (error.code, error.reason) == (1008, "The origin is not allowed."):
            return False
        raise


def opened(app: ASGIApp, path: str = "/ws") -> list[str | None]:
    """Return those of four origins that can open a WebSocket."""
    return [origin for origin in (None, SHOP, EVIL, OWN) if opens(app, origin, path)]


@pytest.mark.parametrize(
    ("allowed", "origin", "is_allowed"),
    [
        ([SHOP], SHOP, True),
        ([SHOP], None, True),
        ([SHOP], "https://shop.example:443", True),
        (["https://shop.example:443"], SHOP, True),
        (["https://SHOP.example"], SHOP, True),
        ([SHOP], "http://shop.example", False),
        ([SHOP], "https://shop.example:8443", False),
        ([SHOP], "https://www.shop.example", False),
        ([SHOP], "https://shop.example.evil.example", False),
        ([SHOP], "https://evil.example/https://shop.example", False),
        ([SHOP], "https://shop.example@evil.example", False),
        ([SHOP], "https://shop.example/", False),
        ([SHOP], "null", False),
        ([SHOP], "", False),
        ([SHOP], "https://shop.example:x", False),
        ([SHOP], "https://[", False),
        ([SHOP], "https://xshop.example", False),
        (["https://*.shop.example"], "https://a.shop.example", True),
        (["https://*.shop.example"], "https://a.b.shop.example", True),
        (["https://*.shop.example"], SHOP, False),
        (["https://*.shop.example"], "https://.shop.example", False),
        (["https://*.shop.example"], "https://evilshop.example", False),
        (["https://*.shop.example"], "http://a.shop.example", False),
        (["https://*.shop.example:8443"], "https://a.shop.example:8443", True),
        (["http://[::1]:8000"], "http://[::1]:8000", True),
        (["capacitor://localhost"], "capacitor://localhost", True),
        (["null"], "null", True),
        (["*"], EVIL, True),
        (["*"], "null", True),
        ([], EVIL, False),
        ([], OWN, False),
        ([], None, True),
        (["same-origin"], OWN, True),
        (["same-origin"], "http://testserver:80", True),
        (["same-origin"], "https://testserver", False),
        (["same-origin"], "http://testserver:8000", False),
        (["same-origin"], EVIL, False),
        (["same-origin", SHOP], SHOP, True),
    ],
)
def test_which_origins_are_allowed(
    allowed: list[str], origin: str | None, is_allowed: bool
) -> None:
    app = FastAPI(websocket_origins=allowed)
    app.websocket("/ws")(hello)
    assert opens(app, origin) is is_allowed


def test_by_default_every_origin_is_allowed_as_in_fastapi() -> None:
    app = FastAPI()
    app.websocket("/ws")(hello)
    assert opened(app) == [None, SHOP, EVIL, OWN]


def test_a_hardened_application_allows_its_own_origin_only() -> None:
    app = FastAPI(hardened=True)
    app.websocket("/ws")(hello)
    assert opened(app) == [None, OWN]
    assert not opens(app, OWN, host="other.example")
    assert opens(app, "http://other.example:8000", host="other.example:8000")


def test_a_list_counts_more_than_hardened() -> None:
    app = FastAPI(hardened=True, websocket_origins=[SHOP])
    app.websocket("/ws")(hello)
    app.websocket("/any", websocket_origins=["*"])(hello)
    assert opened(app) == [None, SHOP]
    assert opened(app, "/any") == [None, SHOP, EVIL, OWN]


def test_the_innermost_list_applies() -> None:
    inner = APIRouter()
    inner.websocket("/plain")(hello)
    inner.websocket("/own", websocket_origins=[EVIL])(hello)
    inner.add_api_websocket_route("/added", hello, websocket_origins=[OWN])
    inner.websocket_route("/starlette")(hello)
    outer = APIRouter(prefix="/outer", websocket_origins=[OWN])
    outer.include_router(inner, prefix="/inner")
    outer.include_router(inner, prefix="/other", websocket_origins=[EVIL])
    app = FastAPI(websocket_origins=[SHOP])
    app.include_router(inner)
    app.include_router(outer)
    assert opened(app, "/plain") == [None, SHOP]
    assert opened(app, "/own") == [None, EVIL]
    assert opened(app, "/added") == [None, OWN]
    assert opened(app, "/starlette") == [None, SHOP]
    assert opened(app, "/outer/inner/plain") == [None, OWN]
    assert opened(app, "/outer/inner/own") == [None, EVIL]
    assert opened(app, "/outer/inner/starlette") == [None, OWN]
    assert opened(app, "/outer/other/plain") == [None, EVIL]
    assert opened(app, "/outer/other/starlette") == [None, EVIL]
    assert opened(app, "/outer/other/added") == [None, OWN]


def test_mounted_applications_inherit_unless_they_say_otherwise() -> None:
    app = FastAPI(websocket_origins=[SHOP])
    silent, own, hardened = FastAPI(), FastAPI(websocket_origins=[EVIL]), FastAPI(hardened=True)
    for name, mounted in {"silent": silent, "own": own, "hardened": hardened}.items():
        mounted.websocket("/ws")(hello)
        app.mount(f"/{name}", mounted)
    app.mount("/starlette", Starlette(routes=[WebSocketRoute("/ws", hello)]))
    app.router.routes.append(Mount("/routes", routes=[WebSocketRoute("/ws", hello)]))
    app.router.routes.append(WebSocketRoute("/appended", hello))
    app.router.routes.append(APIWebSocketRoute("/object", hello))
    app.router.routes.append(Host("host.example", FastAPI(websocket_origins=["*"])))
    assert opened(app, "/silent/ws") == [None, SHOP]
    assert opened(app, "/own/ws") == [None, EVIL]
    assert opened(app, "/hardened/ws") == [None, OWN]
    assert opened(app, "/starlette/ws") == [None, SHOP]
    assert opened(app, "/routes/ws") == [None, SHOP]
    assert opened(app, "/appended") == [None, SHOP]
    assert opened(app, "/object") == [None, SHOP]


def test_a_route_checks_in_an_application_of_starlette_too() -> None:
    route = APIWebSocketRoute("/ws", hello, websocket_origins=[SHOP])
    assert opened(Starlette(routes=[route])) == [None, SHOP]


def test_dependencies_and_endpoint_do_not_run() -> None:
    ran: list[str] = []

    async def dependency() -> str:
        ran.append("dependency")
        return "value"

    async def endpoint(websocket: WebSocket, value: str = Depends(dependency)) -> None:
        ran.append("endpoint")
        await hello(websocket)

    app = FastAPI(websocket_origins=[SHOP], dependencies=[Depends(dependency)])
    app.websocket("/ws")(endpoint)

    assert not opens(app, EVIL)
    assert ran == []
    assert opens(app, SHOP)
    assert ran == ["dependency", "endpoint"]


def test_layers_and_handlers_see_the_refusal_as_one_of_the_program() -> None:
    seen: list[Any] = []

    class Watching:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def watch(message: Message) -> None:
                seen.append(message["type"])
                await send(message)

            await self.app(scope, receive, watch)

    async def dispatch(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    layers = [Middleware(Watching), Middleware(BaseHTTPMiddleware, dispatch=dispatch)]
    app = FastAPI(websocket_origins=[SHOP], middleware=layers)
    app.websocket("/ws")(hello)
    assert not opens(app, EVIL)
    assert seen == ["websocket.close"]

    @app.exception_handler(WebSocketException)
    async def handle(websocket: WebSocket, error: WebSocketException) -> None:
        seen.append(error.reason)
        await websocket.close(error.code, error.reason)

    fresh = FastAPI(websocket_origins=[SHOP], exception_handlers={WebSocketException: handle})
    fresh.websocket("/ws")(hello)
    assert not opens(fresh, EVIL)
    assert seen[-1] == "The origin is not allowed."


@pytest.mark.parametrize(("scheme", "is_allowed"), [("https", True), ("http", False)])
def test_the_scheme_is_that_which_a_trusted_proxy_names(scheme: str, is_allowed: bool) -> None:
    app = FastAPI(hardened=True)
    app.websocket("/ws")(hello)
    behind = ProxyHeadersMiddleware(app, trusted_hosts="*")  # type: ignore[arg-type]  # its own ASGI types
    headers = {"host": "shop.example", "x-forwarded-proto": scheme}
    assert opens(behind, SHOP, **headers) is is_allowed  # type: ignore[arg-type]  # the same


def test_two_origins_are_refused() -> None:
    app = FastAPI(websocket_origins=[SHOP])
    app.websocket("/ws")(hello)

    async def twice(scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"] = [*scope["headers"], (b"origin", SHOP.encode())]
        await app(scope, receive, send)

    assert opens(twice, None)
    assert not opens(twice, SHOP)


def test_the_log_says_what_was_refused(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI(websocket_origins=[SHOP])
    app.websocket("/ws")(hello)
    with caplog.at_level(logging.WARNING, "pronghorn"):
        assert not opens(app, EVIL)
    lines = [record.getMessage() for record in caplog.records if "refused" in record.msg]
    assert lines == [LINE]


def test_requests_and_the_document_are_not_affected() -> None:
    app, plain = FastAPI(websocket_origins=[SHOP]), FastAPI()
    for one in (app, plain):
        one.websocket("/ws")(hello)

        @one.get("/items")
        async def read_items() -> list[str]:
            return []

    assert TestClient(app).get("/items", headers={"origin": EVIL}).status_code == 200
    assert app.openapi() == plain.openapi()


@pytest.mark.parametrize(
    "wrong", ["shop.example", "https://shop.example/", "https://*", "https://a.*.b", "", 1]
)
def test_what_is_no_origin_is_refused_at_startup(wrong: Any) -> None:
    with pytest.raises(SetupError, match="which is not an origin"):
        FastAPI(websocket_origins=[wrong])
    with pytest.raises(SetupError, match="which is not an origin"):
        APIRouter().websocket("/ws", websocket_origins=[wrong])(hello)


def test_a_text_is_no_list_of_origins() -> None:
    with pytest.raises(SetupTypeError, match="must be a list of origins"):
        APIRouter(websocket_origins="https://shop.example")
