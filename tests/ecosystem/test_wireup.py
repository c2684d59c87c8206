"""Wireup: replaces `route.dependant.call` at startup, copies routers, sets parameter names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import wireup
import wireup.integration.fastapi
from fastapi import APIRouter, FastAPI, Request, WebSocket
from fastapi.testclient import TestClient
from wireup import Injected


class Settings:
    name = "shop"


class Session:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings


class Caller:
    def __init__(self, request: Request) -> None:
        self.path = request.url.path


class Views:
    router = APIRouter(prefix="/views")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @router.get("/{number}")
    async def read(self, number: int, session: Injected[Session]) -> str:
        return f"{self.settings.name} {number} {type(session).__name__}"


router = APIRouter()


@router.get("/session/{number}")
async def in_coroutine(number: int, session: Injected[Session]) -> str:
    return f"{session.settings.name} {number}"


@router.get("/thread")
def in_thread(caller: Injected[Caller], q: int = 1) -> str:
    return f"{caller.path} {q}"


@router.websocket("/ws")
async def ws(websocket: WebSocket, session: Injected[Session]) -> None:
    await websocket.accept()
    await websocket.send_text(session.settings.name)
    await websocket.close()


@pytest.fixture
def client() -> Iterator[TestClient]:
    services = [
        wireup.injectable(Settings),
        wireup.injectable(Session, lifetime="scoped"),
        wireup.injectable(Caller, lifetime="scoped"),
        wireup.integration.fastapi,
    ]
    app = FastAPI()
    app.include_router(router, prefix="/api")
    container = wireup.create_async_container(injectables=services)
    wireup.integration.fastapi.setup(container, app, class_based_handlers=[Views])
    with TestClient(app) as client:
        yield client


def test_injected_values(client: TestClient) -> None:
    assert client.get("/api/session/3").json() == "shop 3"
    assert client.get("/api/thread", params={"q": 2}).json() == "/api/thread 2"
    assert client.get("/api/session/three").status_code == 422


def test_a_class_with_a_router(client: TestClient) -> None:
    assert client.get("/views/5").json() == "shop 5 Session"


def test_a_websocket(client: TestClient) -> None:
    with client.websocket_connect("/api/ws") as websocket:
        assert websocket.receive_text() == "shop"


def test_the_document_knows_nothing_of_it(client: TestClient) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/api/session/{number}"]["get"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["number"]
