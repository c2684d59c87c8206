"""dishka: containers per application and per request; a route class with its own injection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import pytest
from dishka import Provider, Scope, make_async_container, provide
from dishka.integrations.fastapi import DishkaRoute, FromDishka, inject, setup_dishka
from fastapi import APIRouter, FastAPI, Query, WebSocket
from fastapi.testclient import TestClient


class Settings:
    name = "shop"


class Session:
    def __init__(self, settings: Settings, log: list[str]) -> None:
        self.settings = settings
        self.log = log


class Services(Provider):
    def __init__(self, log: list[str]) -> None:
        super().__init__()
        self._log = log

    @provide(scope=Scope.APP)
    def settings(self) -> Settings:
        return Settings()

    @provide(scope=Scope.REQUEST)
    async def session(self, settings: Settings) -> AsyncIterator[Session]:
        self._log.append("open")
        yield Session(settings, self._log)
        self._log.append("close")


def make_app(log: list[str]) -> FastAPI:
    app = FastAPI()
    router = APIRouter(route_class=DishkaRoute)

    @router.get("/items")
    async def items(
        session: FromDishka[Session], limit: Annotated[int, Query(le=10)] = 5
    ) -> dict[str, str | int]:
        session.log.append("work")
        return {"name": session.settings.name, "limit": limit}

    @app.get("/injected")
    @inject
    async def injected(settings: FromDishka[Settings]) -> str:
        return settings.name

    @app.websocket("/ws")
    @inject
    async def ws(websocket: WebSocket, settings: FromDishka[Settings]) -> None:
        await websocket.accept()
        await websocket.send_text(settings.name)
        await websocket.close()

    app.include_router(router, prefix="/api")
    setup_dishka(make_async_container(Services(log)), app)
    return app


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def client(log: list[str]) -> TestClient:
    return TestClient(make_app(log))


def test_a_route_class_that_injects(client: TestClient, log: list[str]) -> None:
    assert client.get("/api/items").json() == {"name": "shop", "limit": 5}
    assert log == ["open", "work", "close"]
    assert client.get("/api/items", params={"limit": 11}).status_code == 422


def test_a_decorated_endpoint(client: TestClient) -> None:
    assert client.get("/injected").json() == "shop"


def test_a_websocket(client: TestClient) -> None:
    with client.websocket_connect("/ws") as websocket:
        assert websocket.receive_text() == "shop"


def test_the_document_knows_nothing_of_it(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    [parameter] = document["paths"]["/api/items"]["get"]["parameters"]
    assert parameter["name"] == "limit"
