"""WebSocket routes: parameters, dependencies, closing, and how they are included."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Annotated, Any

import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.websockets import WebSocketDisconnect

from pronghorn import APIRouter, Cookie, Depends, FastAPI, Header, HTTPException, Query, WebSocket
from pronghorn.exceptions import WebSocketException, WebSocketRequestValidationError
from pronghorn.requests import HTTPConnection
from pronghorn.testclient import TestClient


def echoing(app: Any, path: str = "/echo") -> None:
    @app.websocket(path)
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(f"{websocket.url.path}: {text}")


def received(app: FastAPI, url: str, **options: Any) -> Any:
    with TestClient(app).websocket_connect(url, **options) as connection:
        return connection.receive_json()


def test_text_goes_back_and_forth() -> None:
    app = FastAPI()
    echoing(app)
    with TestClient(app).websocket_connect("/echo") as connection:
        for text in ("one", "two"):
            connection.send_text(text)
            assert connection.receive_text() == f"/echo: {text}"


def test_parameters_come_from_the_handshake() -> None:
    app = FastAPI()

    @app.websocket("/{room}/{n}")
    async def serve(
        websocket: WebSocket,
        room: str,
        n: int,
        tags: Annotated[list[str], Query()],
        x_token: Annotated[str, Header()],
        session: Annotated[int, Cookie()] = 5,
        q: str | None = None,
    ) -> None:
        await websocket.accept()
        await websocket.send_json([room, n, tags, x_token, session, q])

    headers = {"x-token": "t", "cookie": "session=7"}
    url = "/lobby/3?tags=a&tags=b&q=x"
    assert received(app, url, headers=headers) == ["lobby", 3, ["a", "b"], "t", 7, "x"]
    headers = {"x-token": "t"}
    assert received(app, "/lobby/3?tags=a", headers=headers) == ["lobby", 3, ["a"], "t", 5, None]


def test_a_wrong_handshake_is_refused_with_1008() -> None:
    app = FastAPI()
    served: list[int] = []

    @app.websocket("/{n}")
    async def serve(websocket: WebSocket, n: int, q: Annotated[int, Query(ge=1)]) -> None:
        served.append(n)

    with pytest.raises(WebSocketDisconnect) as caught:
        received(app, "/x?q=0")
    assert caught.value.code == 1008
    assert served == []


def test_the_handler_of_handshake_errors_knows_them_all() -> None:
    app = FastAPI()
    found: list[Any] = []

    @app.websocket("/{n}")
    async def serve(websocket: WebSocket, n: int, q: int) -> None: ...

    @app.exception_handler(WebSocketRequestValidationError)
    async def note(websocket: WebSocket, error: WebSocketRequestValidationError) -> None:
        found.extend([error.errors(), error.endpoint_path, error.endpoint_function])
        await websocket.close(4001)

    with pytest.raises(WebSocketDisconnect) as caught:
        received(app, "/x?q=y")
    assert caught.value.code == 4001
    assert [error["loc"] for error in found[0]] == [("path", "n"), ("query", "q")]
    assert found[1:] == ["WS /{n}", "serve"]


def test_dependencies_run_share_and_close() -> None:
    order: list[str] = []

    async def shared(connection: HTTPConnection) -> str:
        order.append("shared")
        return connection.url.path

    def blocking(one: Annotated[str, Depends(shared)]) -> str:
        return one * 2

    async def session(one: Annotated[str, Depends(shared)]) -> AsyncIterator[str]:
        yield "session"
        order.append("closed")

    app = FastAPI(dependencies=[Depends(shared)])

    @app.websocket("/x")
    async def serve(
        websocket: WebSocket,
        double: Annotated[str, Depends(blocking)],
        opened: Annotated[str, Depends(session)],
    ) -> None:
        await websocket.accept()
        await websocket.send_json([double, opened])
        order.append("served")

    assert received(app, "/x") == ["/x/x", "session"]
    assert order == ["shared", "served", "closed"]


def test_overrides_hold_for_websockets() -> None:
    def who() -> str:
        return "real"

    app = FastAPI()

    @app.websocket("/")
    async def serve(websocket: WebSocket, name: Annotated[str, Depends(who)]) -> None:
        await websocket.accept()
        await websocket.send_json(name)

    assert received(app, "/") == "real"
    app.dependency_overrides[who] = lambda: "test"
    assert received(app, "/") == "test"
    app.dependency_overrides.clear()
    assert received(app, "/") == "real"


def test_a_dependency_may_refuse_the_connection() -> None:
    async def refuse() -> None:
        raise WebSocketException(4003, "not you")

    app = FastAPI()

    @app.websocket("/", dependencies=[Depends(refuse)])
    async def serve(websocket: WebSocket) -> None: ...

    with pytest.raises(WebSocketDisconnect) as caught:
        received(app, "/")
    assert (caught.value.code, caught.value.reason) == (4003, "not you")


def test_routers_bring_prefix_and_dependencies() -> None:
    order: list[str] = []

    def level(name: str) -> Any:
        return Depends(lambda: order.append(name))

    inner = APIRouter(prefix="/inner", dependencies=[level("router")])

    @inner.websocket("/{n}", dependencies=[level("route")])
    async def serve(websocket: WebSocket, n: int) -> None:
        await websocket.accept()
        await websocket.send_json(n)

    app = FastAPI(dependencies=[level("app")])
    app.include_router(inner, prefix="/api", dependencies=[level("inclusion")])
    assert received(app, "/api/inner/4") == 4
    assert order == ["app", "inclusion", "router", "route"]


def test_the_same_path_serves_http_and_websockets() -> None:
    app = FastAPI()
    echoing(app, "/both")

    @app.get("/both")
    async def read() -> str:
        return "http"

    assert TestClient(app).get("/both").json() == "http"
    with TestClient(app).websocket_connect("/both") as connection:
        connection.send_text("hello")
        assert connection.receive_text() == "/both: hello"


def test_a_path_that_serves_no_websockets_refuses_them() -> None:
    app = FastAPI()

    @app.get("/http")
    async def read() -> None: ...

    for path in ("/http", "/nothing"):
        with pytest.raises(WebSocketDisconnect):
            received(app, path)


def test_mounted_applications_and_starlettes_routes_serve_them_too() -> None:
    inner, app = FastAPI(), FastAPI()
    echoing(inner, "/deep")
    app.mount("/inner", inner)

    @app.websocket_route("/plain")
    async def plain(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json("plain")

    with TestClient(app).websocket_connect("/inner/deep") as connection:
        connection.send_text("x")
        assert connection.receive_text().endswith("/deep: x")
    assert received(app, "/plain") == "plain"


def test_an_error_of_the_endpoint_reaches_the_server_after_the_clean_up() -> None:
    order: list[str] = []

    async def session() -> AsyncIterator[None]:
        try:
            yield
        except ZeroDivisionError:
            order.append("seen")
            raise

    app = FastAPI()

    @app.websocket("/")
    async def serve(websocket: WebSocket, one: Annotated[None, Depends(session)]) -> None:
        await websocket.accept()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        received(app, "/")
    assert order == ["seen"]


# --- how a connection ends that nobody closes ---------------------------------------------------


class Late(Exception):
    """Raised when the connection is open."""


ENDS: dict[str, Any] = {
    "http": HTTPException(404),
    "unknown": ValueError("not handled"),
    "handled": Late(),
    "websocket": WebSocketException(4002, "why"),
}
CODES = {"return": 1011, "http": 1011, "unknown": 1011, "handled": 4003, "websocket": 4002}


async def end(how: str, websocket: WebSocket) -> None:
    await websocket.accept()
    if how in ENDS:
        raise ENDS[how]


async def fail_in_dependency(how: str, websocket: WebSocket) -> AsyncIterator[None]:
    await end(how, websocket)
    yield


def ending_in_endpoint(app: FastAPI) -> FastAPI:
    app.websocket("/{how}")(end)
    return app


def ending_in_dependency(app: FastAPI) -> FastAPI:
    router = APIRouter()

    @router.websocket("/{how}", dependencies=[Depends(fail_in_dependency)])
    async def nothing() -> None:
        """The dependency has accepted."""

    app.include_router(router)
    return app


def ending_behind_middleware(app: FastAPI) -> FastAPI:
    app.add_middleware(CORSMiddleware, allow_origins=["*"])

    @app.middleware("http")
    async def middleware(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    return ending_in_endpoint(app)


def ending_in_a_mount(app: FastAPI) -> FastAPI:
    app.mount("/", ending_in_endpoint(FastAPI()))
    return app


WAYS = [ending_in_endpoint, ending_in_dependency, ending_behind_middleware, ending_in_a_mount]


async def close_late(websocket: WebSocket, error: Exception) -> None:
    await websocket.close(4003)


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("how", CODES)
@pytest.mark.parametrize("way", WAYS)
def test_a_connection_that_is_left_open_is_closed(way: Any, how: str) -> None:
    app = way(FastAPI(exception_handlers={Late: close_late}))
    outcome = pytest.raises(ValueError, match="not handled") if how == "unknown" else nullcontext()
    with outcome, TestClient(app).websocket_connect(f"/{how}") as connection:
        assert connection.receive()["code"] == CODES[how]


@pytest.mark.anyio
@pytest.mark.parametrize("way", [ending_in_endpoint, ending_in_a_mount])
async def test_it_is_closed_once_and_after_all_middleware(way: Any) -> None:
    sent: list[Any] = []

    class Closing:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)
            await send({"type": "websocket.close", "code": 4004})

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        if sent and sent[-1]["type"] == "websocket.close":
            raise RuntimeError("closed already")
        sent.append(message)

    app = way(FastAPI())
    app.add_middleware(Closing)
    scope = {"type": "websocket", "path": "/return", "query_string": b"", "headers": []}
    await app(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
    assert sent[-1]["code"] == 4004
