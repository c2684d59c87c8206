"""A dependency learns what it runs for, in requests and outside of them."""

from collections.abc import Iterator
from typing import Annotated, Any

import anyio
import pytest

from pronghorn import APIRouter, Depends, FastAPI, Request, WebSocket
from pronghorn.hooks import Trigger
from pronghorn.testclient import TestClient


def get_trigger(trigger: Trigger) -> Trigger:
    return trigger


TriggerDep = Annotated[Trigger, Depends(get_trigger)]


def make_app() -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/inner")

    @router.get("/{number}")
    @router.post("/{number}")
    async def read(number: int, trigger: TriggerDep) -> list[Any]:
        return [*trigger, trigger.only_reads, str(trigger)]

    @router.api_route("/any/{number}", methods=["GET", "HEAD", "PUT"])
    def read_any(number: int, trigger: TriggerDep) -> list[Any]:
        return [*trigger, trigger.only_reads, str(trigger)]

    @app.websocket("/inner/{number}")
    async def connect(socket: WebSocket, number: int, trigger: Trigger) -> None:
        await socket.accept()
        await socket.send_json([*trigger, trigger.only_reads, str(trigger)])
        await socket.close()

    app.include_router(router)
    return app


@pytest.fixture(params=["direct", "middleware", "mounted"])
def client(request: pytest.FixtureRequest, mode: str) -> Iterator[TestClient]:
    app = make_app()
    if request.param == "middleware":

        @app.middleware("http")
        async def through(request: Request, call_next: Any) -> Any:
            return await call_next(request)

    if request.param == "mounted":
        outer = FastAPI()
        outer.mount("/outer", app)
        with TestClient(outer, base_url="http://testserver/outer/") as client:
            yield client
        return
    with TestClient(app) as client:
        yield client


def test_a_request_has_a_method_and_a_route(client: TestClient) -> None:
    path, other = "/inner/{number}", "/inner/any/{number}"
    assert client.get("inner/1").json() == ["GET", path, True, f"GET {path}"]
    assert client.post("inner/1").json() == ["POST", path, False, f"POST {path}"]
    assert client.get("inner/any/1").json() == ["GET", other, True, f"GET {other}"]
    assert client.put("inner/any/1").json() == ["PUT", other, False, f"PUT {other}"]
    assert client.get("inner/x").status_code == 422


def test_a_connection_has_only_a_route(mode: str) -> None:
    path = "/inner/{number}"
    with TestClient(make_app()) as client, client.websocket_connect("/inner/1") as socket:
        assert socket.receive_json() == [None, path, False, f"WebSocket {path}"]


def test_outside_of_requests_there_is_neither() -> None:
    app = FastAPI()

    @app.inject
    async def work(trigger: TriggerDep) -> Trigger:
        return trigger

    async def resolve() -> Trigger:
        async with app.resolve(get_trigger) as trigger:
            assert str(trigger) == "code outside of requests"
            return trigger

    assert anyio.run(resolve) == anyio.run(work) == Trigger(None, None)


def test_the_value_of_an_application_may_read_it() -> None:
    app = FastAPI()
    Once = Annotated[Trigger, Depends(get_trigger, scope="app")]

    @app.get("/")
    async def read(trigger: Once) -> list[Any]:
        return [*trigger]

    with TestClient(app) as client:
        assert client.get("/").json() == [None, None]


def test_it_is_not_documented() -> None:
    app = FastAPI()

    @app.get("/{number}")
    async def read(number: int, trigger: TriggerDep) -> int:
        return number

    operation = app.openapi()["paths"]["/{number}"]["get"]
    assert [item["name"] for item in operation["parameters"]] == ["number"]
