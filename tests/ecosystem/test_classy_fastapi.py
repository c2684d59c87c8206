"""classy-fastapi: classes that hold a router, to which they add methods with all options."""

from __future__ import annotations

import pytest
from classy_fastapi import Routable, delete, get, post, websocket
from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient


class Store(Routable):
    """The views of one store; each object has its own state and its own router."""

    def __init__(self, unit: str, **options) -> None:
        super().__init__(**options)
        self.unit = unit
        self.kept: list[int] = []

    @get("/lengths/{number}", summary="Read one", response_class=PlainTextResponse)
    def read(self, number: int, factor: int = 1) -> str:
        """Read a length."""
        return f"{number * factor} {self.unit}"

    @get("/")
    async def listed(self) -> list[int]:
        return self.kept

    @post("/lengths", status_code=201, response_model=int)
    async def create(self, number: int) -> str:
        self.kept.append(number)
        return str(number)

    @delete("/lengths", tags=["cleaning"], deprecated=True)
    def clear(self) -> None:
        self.kept.clear()

    @websocket("/talk")
    async def talk(self, socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(self.unit)
        await socket.close()


@pytest.fixture(params=["", "/v1"])
def version(request) -> str:
    return request.param


@pytest.fixture
def app(version: str) -> FastAPI:
    outer = APIRouter()
    outer.include_router(Store("cm", prefix="/metric", tags=["metric"]).router)
    outer.include_router(Store("inch").router, prefix="/imperial")
    app = FastAPI()
    app.include_router(outer, prefix=version)
    return app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


def test_methods_answer_with_the_state_of_their_object(client: TestClient, version: str) -> None:
    metric, imperial = f"{version}/metric", f"{version}/imperial"
    read = client.get(f"{metric}/lengths/3", params={"factor": 2})
    assert (read.text, read.headers["content-type"]) == ("6 cm", "text/plain; charset=utf-8")
    assert client.get(f"{imperial}/lengths/3").text == "3 inch"
    created = client.post(f"{metric}/lengths", params={"number": 4})
    assert (created.status_code, created.json()) == (201, 4)
    assert client.get(f"{metric}/").json() == [4]
    assert client.get(f"{imperial}/").json() == []
    assert client.delete(f"{metric}/lengths").status_code == 200
    assert client.get(f"{metric}/").json() == []
    assert client.get(f"{metric}/lengths/x").status_code == 422


def test_websockets(client: TestClient, version: str) -> None:
    with client.websocket_connect(f"{version}/imperial/talk") as connection:
        assert connection.receive_text() == "inch"


def test_the_document(app: FastAPI, version: str) -> None:
    paths = app.openapi()["paths"]
    assert sorted(paths) == sorted(
        f"{version}/{system}/{path}"
        for system in ("metric", "imperial")
        for path in ("", "lengths", "lengths/{number}")
    )
    read = paths[f"{version}/metric/lengths/{{number}}"]["get"]
    assert (read["summary"], read["description"]) == ("Read one", "Read a length.")
    assert read["tags"] == ["metric"]
    assert [parameter["name"] for parameter in read["parameters"]] == ["number", "factor"]
    clear = paths[f"{version}/metric/lengths"]["delete"]
    assert (clear["tags"], clear["deprecated"]) == (["metric", "cleaning"], True)
