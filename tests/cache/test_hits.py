"""A kept response is sent in place of the endpoint, wherever the route stands."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel
from starlette.middleware.gzip import GZipMiddleware

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, Request, Response, WebSocket
from pronghorn.cache import Cache, Cached
from pronghorn.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.usefixtures("mode")


class Price(BaseModel):
    item: str
    cents: int


class Calls:
    """Counts the calls of endpoints."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        return self.count


@pytest.fixture
def calls() -> Calls:
    return Calls()


def is_kept(app: Any, calls: Calls, path: str = "/prices") -> bool:
    """Return whether the second request is answered as the first one, without another call."""
    with TestClient(app) as client:
        first, second = client.get(path), client.get(path)
    assert first.status_code == second.status_code == 200
    assert ("age" in first.headers, "age" in second.headers) == (False, calls.count == 1)
    return first.content == second.content and calls.count == 1


def add_route(router: Any, calls: Calls, path: str = "/prices", **options: Any) -> None:
    @router.get(path, **options)
    async def read_prices() -> list[Price]:
        return [Price(item="cup", cents=calls())]


def test_a_route(cache: Cache, calls: Calls) -> None:
    app = FastAPI()
    add_route(app, calls, cache=Cached("30s"))
    assert is_kept(app, calls)


def test_without_the_option_every_request_runs(cache: Cache, calls: Calls) -> None:
    app = FastAPI()
    add_route(app, calls)
    assert not is_kept(app, calls)
    assert calls.count == 2


@pytest.mark.parametrize("place", ["app", "router", "inclusion", "outer router"])
def test_a_route_inherits_it(cache: Cache, calls: Calls, place: str) -> None:
    options = {place: {"cache": Cached("30s")}}
    app = FastAPI(**options.get("app", {}))
    outer = APIRouter(prefix="/shop", **options.get("outer router", {}))
    router = APIRouter(prefix="/v1", **options.get("router", {}))
    add_route(router, calls)
    outer.include_router(router, **options.get("inclusion", {}))
    app.include_router(outer)
    assert is_kept(app, calls, "/shop/v1/prices")


@pytest.mark.parametrize("place", ["route", "router", "inclusion"])
def test_an_inner_level_switches_it_off(cache: Cache, calls: Calls, place: str) -> None:
    off: dict[str, Any] = {place: {"cache": False}}
    app = FastAPI(cache=Cached("30s"))
    router = APIRouter(**off.get("router", {}))
    add_route(router, calls, **off.get("route", {}))
    app.include_router(router, **off.get("inclusion", {}))
    assert not is_kept(app, calls)


def test_a_mounted_application(cache: Cache, calls: Calls) -> None:
    app, inner = FastAPI(), FastAPI()
    add_route(inner, calls, cache=Cached("30s"))
    app.mount("/inner", inner)
    assert is_kept(app, calls, "/inner/prices")


def test_behind_middleware(cache: Cache, calls: Calls) -> None:
    app = FastAPI()
    app.add_middleware(GZipMiddleware, minimum_size=1)

    @app.middleware("http")
    async def pass_on(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["x-seen"] = "yes"
        return response

    add_route(app, calls, cache=Cached("30s"))
    with TestClient(app) as client:
        found = [client.get("/prices") for _ in range(2)]
    assert [one.headers["x-seen"] for one in found] == ["yes", "yes"]
    assert [one.headers["content-encoding"] for one in found] == ["gzip", "gzip"]
    assert found[0].json() == found[1].json() == [{"item": "cup", "cents": 1}]


def test_endpoints_of_all_kinds(cache: Cache, calls: Calls) -> None:
    app = FastAPI(cache=Cached("30s"))

    @app.get("/def")
    def read_in_thread() -> dict[str, int]:
        return {"n": calls()}

    @app.get("/page", response_class=HTMLResponse)
    async def read_page() -> str:
        return f"<p>{calls()}"

    @app.get("/text")
    async def read_text(response: Response) -> Response:
        return PlainTextResponse(str(calls()), headers={"x-own": "1"})

    @app.get("/injected", status_code=203)
    async def read_injected(response: Response) -> int:
        response.headers["x-own"] = "2"
        return calls()

    @app.get("/away")
    async def redirect() -> RedirectResponse:
        calls()
        return RedirectResponse("/text")

    with TestClient(app, follow_redirects=False) as client:
        for path in ("/def", "/page", "/text", "/injected", "/away"):
            before = calls.count
            first, second = client.get(path), client.get(path)
            assert calls.count == before + 1
            assert (first.content, first.status_code) == (second.content, second.status_code)
            kept = {name: value for name, value in second.headers.items() if name != "age"}
            assert kept == dict(first.headers)


def test_dependencies_run_only_with_the_endpoint(cache: Cache, calls: Calls) -> None:
    app = FastAPI()
    closed: list[str] = []

    async def open_thing() -> Any:
        calls()
        yield "thing"
        closed.append("thing")

    @app.get("/things", cache=Cached("30s"))
    async def read(thing: str = Depends(open_thing)) -> str:
        return thing

    with TestClient(app) as client:
        assert client.get("/things").json() == client.get("/things").json() == "thing"
    assert (calls.count, closed) == (1, ["thing"])


def test_background_tasks_run_with_the_endpoint(cache: Cache, calls: Calls) -> None:
    app, done = FastAPI(), list[int]()

    @app.get("/things", cache=Cached("30s"))
    async def read(tasks: BackgroundTasks) -> int:
        tasks.add_task(done.append, 1)
        return calls()

    with TestClient(app) as client:
        assert [client.get("/things").json() for _ in range(3)] == [1, 1, 1]
    assert done == [1]


def test_other_methods_streams_and_websockets_are_left_alone(cache: Cache, calls: Calls) -> None:
    app = FastAPI(cache=Cached("30s"))

    @app.post("/orders")
    async def order() -> int:
        return calls()

    @app.get("/stream")
    async def stream() -> Any:
        yield calls()

    @app.websocket("/chat")
    async def chat(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json(calls())
        await websocket.close()

    with TestClient(app) as client:
        assert [client.post("/orders").json() for _ in range(2)] == [1, 2]
        for _ in range(2):
            client.get("/stream")
        assert calls.count == 4
        for number in (5, 6):
            with client.websocket_connect("/chat") as websocket:
                assert websocket.receive_json() == number


def test_head_gets_the_headers(cache: Cache, calls: Calls) -> None:
    app = FastAPI()
    add_route(app, calls, cache=Cached("30s"))
    with TestClient(app) as client:
        got = client.get("/prices")
        for _ in range(2):
            head = client.head("/prices")
            assert head.content == b""
            assert head.headers["content-length"] == got.headers["content-length"]
    assert calls.count == 2  # The method is part of the key.


def test_a_route_class_of_the_program(cache: Cache, calls: Calls) -> None:
    class Timed(APIRoute):
        def get_route_handler(self) -> Any:
            original = super().get_route_handler()

            async def handle(request: Request) -> Response:
                response: Response = await original(request)
                response.headers["x-timed"] = "yes"
                return response

            return handle

    app = FastAPI()
    router = APIRouter(route_class=Timed)
    add_route(router, calls, cache=Cached("30s"))
    app.include_router(router)
    assert is_kept(app, calls)
    with TestClient(app) as client:
        assert client.get("/prices").headers["x-timed"] == "yes"


def test_it_ends(cache: Cache, calls: Calls) -> None:
    app = FastAPI()
    add_route(app, calls, cache=Cached("50ms"))
    with TestClient(app) as client:
        seen = {client.get("/prices").json()[0]["cents"] for _ in range(2)}
        while seen == {1}:
            seen |= {client.get("/prices").json()[0]["cents"]}
    assert calls.count >= 2
