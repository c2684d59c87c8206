"""`Idempotent` wherever a dependency may stand, and around each kind of endpoint and body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from pronghorn import APIRouter, Depends, FastAPI, File, Form, Request, UploadFile, WebSocket
from pronghorn.idempotency import Idempotent
from pronghorn.middleware.gzip import GZipMiddleware
from pronghorn.routing import APIRoute
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.idempotency.payments import keyed, same, user

Declare = Callable[[FastAPI, Any, Any], str]


class OwnRoute(APIRoute):
    """A route whose handler is not ours alone."""

    def get_route_handler(self) -> Any:
        """Return the handler, with a header added."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Any:
            response = await inner(request)
            response.headers["X-Own"] = "yes"
            return response

        return handle


def on_route(app: FastAPI, once: Any, endpoint: Any) -> str:
    app.post("/pay", dependencies=[once])(endpoint)
    return "/pay"


def on_parameter(app: FastAPI, once: Any, endpoint: Any) -> str:
    def with_parameter(nothing: None = once, made: Any = Depends(endpoint)) -> Any:
        return made

    app.put("/pay")(with_parameter)
    return "/pay"


def on_annotated(app: FastAPI, once: Any, endpoint: Any) -> str:
    async def around(nothing: Any) -> None:
        """Depend on it from below."""

    around.__annotations__["nothing"] = Annotated[None, once]
    app.post("/pay", dependencies=[Depends(around)])(endpoint)
    return "/pay"


def on_router(app: FastAPI, once: Any, endpoint: Any) -> str:
    router = APIRouter(prefix="/shop", dependencies=[once])
    router.post("/pay")(endpoint)
    app.include_router(router)
    return "/shop/pay"


def on_nested_router(app: FastAPI, once: Any, endpoint: Any) -> str:
    inner, outer = APIRouter(), APIRouter(prefix="/outer")
    inner.post("/pay")(endpoint)
    outer.include_router(inner, prefix="/inner", dependencies=[once])
    app.include_router(outer)
    return "/outer/inner/pay"


def on_mounted(app: FastAPI, once: Any, endpoint: Any) -> str:
    mounted = FastAPI(dependencies=[once])
    mounted.post("/pay")(endpoint)
    app.mount("/mounted", mounted)
    return "/mounted/pay"


def behind_middleware(app: FastAPI, once: Any, endpoint: Any) -> str:
    @app.middleware("http")
    async def add_header(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["X-Added"] = "yes"
        return response

    app.add_middleware(GZipMiddleware)
    return on_route(app, once, endpoint)


def on_own_class(app: FastAPI, once: Any, endpoint: Any) -> str:
    app.router.route_class = OwnRoute
    return on_route(app, once, endpoint)


FORMS: list[Declare] = [
    on_route,
    on_parameter,
    on_annotated,
    on_router,
    on_nested_router,
    on_mounted,
    behind_middleware,
    on_own_class,
]


@pytest.mark.parametrize("declare", FORMS)
@pytest.mark.parametrize("kind", ["async", "def"])
def test_each_form(sqlite_url: str, mode: str, declare: Declare, kind: str) -> None:
    database = Database(sqlite_url)
    app = FastAPI(lifespan=database.lifespan)
    runs: list[str] = []

    async def create() -> list[str]:
        runs.append("x" * 1000)
        return runs

    def create_in_thread() -> list[str]:
        runs.append("x" * 1000)
        return runs

    once = Idempotent(database, by=user)
    path = declare(app, once, create if kind == "async" else create_in_thread)
    method = "PUT" if declare is on_parameter else "POST"
    with TestClient(app) as client:
        first = client.request(method, path, headers=keyed())
        repeat = client.request(method, path, headers=keyed())
        assert (first.status_code, len(first.json()), len(runs)) == (200, 1, 1)
        assert same(first, repeat)
        assert client.request(method, path, headers=keyed("other")).json() == runs
        assert len(runs) == 2


def test_bodies(database: Database, mode: str) -> None:
    app = FastAPI(lifespan=database.lifespan, dependencies=[Idempotent(database, by=None)])
    runs: list[Any] = []

    @app.post("/form")
    async def form(name: Annotated[str, Form()]) -> list[Any]:
        runs.append(name)
        return runs

    @app.post("/file")
    async def file(name: Annotated[str, Form()], sent: Annotated[UploadFile, File()]) -> list[Any]:
        runs.append([name, sent.filename, len(await sent.read())])
        return runs

    @app.post("/raw")
    async def raw(request: Request) -> list[Any]:
        runs.append(len(await request.body()))
        return runs

    @app.delete("/nothing")
    async def nothing() -> list[Any]:
        runs.append(None)
        return runs

    calls: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("POST", "/form", {"data": {"name": "a"}}, {"data": {"name": "b"}}),
        (
            "POST",
            "/file",
            {"data": {"name": "a"}, "files": {"sent": ("a.bin", b"0" * 3_000_000)}},
            {"data": {"name": "a"}, "files": {"sent": ("a.bin", b"1" * 3_000_000)}},
        ),
        ("POST", "/raw", {"content": b"0" * 100_000}, {"content": b"0" * 100_001}),
        ("DELETE", "/nothing", {}, {"params": {"force": 1}}),
    ]
    with TestClient(app) as client:
        for number, (method, path, sent, other) in enumerate(calls, 1):
            first = client.request(method, path, headers=keyed(path), **sent)
            assert (first.status_code, len(first.json())) == (200, number)
            assert same(first, client.request(method, path, headers=keyed(path), **sent))
            refused = client.request(method, path, headers=keyed(path), **other)
            assert refused.status_code == 422
    assert runs == ["a", ["a", "a.bin", 3_000_000], 100_000, None]


def test_requests_that_only_read_are_left_alone(database: Database) -> None:
    app = FastAPI(lifespan=database.lifespan, dependencies=[Idempotent(database, by=None)])
    runs: list[int] = []

    @app.get("/")
    async def read() -> int:
        runs.append(0)
        return len(runs)

    @app.get("/stream")
    async def stream() -> Any:
        yield 1
        yield 2

    @app.websocket("/ws")
    async def connect(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    with TestClient(app) as client:
        assert [client.get("/", headers=keyed()).json() for _ in range(2)] == [1, 2]
        assert client.get("/stream", headers=keyed()).text == client.get("/stream").text
        assert client.options("/", headers=keyed()).status_code == 405
        for _ in range(2):
            with client.websocket_connect("/ws", headers=keyed()):
                pass
