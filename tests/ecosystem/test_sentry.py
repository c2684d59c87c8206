"""sentry-sdk: replaces `routing.get_request_handler` and methods of Starlette's classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration
from sentry_sdk.transport import Transport

Events = list[dict[str, Any]]


class Item(BaseModel):
    name: str


class KeptEvents(Transport):
    """Keeps what would be sent."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.events: Events = []

    def capture_envelope(self, envelope: Any) -> None:
        events = (item.payload.json for item in envelope.items)
        self.events += [event for event in events if event is not None]


@pytest.fixture(scope="module")
def transport() -> Iterator[KeptEvents]:
    kept = KeptEvents()
    sentry_sdk.init(
        dsn="http://key@localhost/1",
        transport=kept,
        traces_sample_rate=1.0,
        integrations=[StarletteIntegration(), FastApiIntegration()],
    )
    yield kept
    sentry_sdk.init()


@pytest.fixture
def events(transport: KeptEvents) -> Events:
    transport.events.clear()
    return transport.events


@pytest.fixture
def client(transport: KeptEvents) -> TestClient:
    app = FastAPI()
    router = APIRouter()

    @router.get("/items/{item_id}")
    async def read_item(item_id: int) -> dict[str, int]:
        return {"item_id": item_id}

    @router.post("/items")
    def create_item(item: Item) -> Item:
        raise RuntimeError(item.name)

    @router.get("/unavailable")
    async def unavailable() -> None:
        raise HTTPException(503, "later")

    @router.get("/missing")
    async def missing() -> None:
        raise HTTPException(404)

    app.include_router(router, prefix="/api")
    return TestClient(app, raise_server_exceptions=False)


def of_kind(events: Events, kind: str) -> Events:
    return [event for event in events if event.get("type", "error") == kind]


def test_a_transaction_per_request(client: TestClient, events: Events) -> None:
    for item_id in range(3):
        assert client.get(f"/api/items/{item_id}").json() == {"item_id": item_id}

    transactions = of_kind(events, "transaction")
    names = [event["transaction"] for event in transactions]
    assert names == ["/api/items/{item_id}"] * 3
    assert transactions[0]["contexts"]["trace"]["op"] == "http.server"


def test_an_unhandled_exception_with_its_request(client: TestClient, events: Events) -> None:
    assert client.post("/api/items", json={"name": "spade"}).status_code == 500

    [event] = of_kind(events, "error")
    [error] = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("RuntimeError", "spade")
    assert event["request"]["data"] == {"name": "spade"}
    assert event["transaction"] == "/api/items"


def test_server_errors_are_reported_and_client_errors_are_not(
    client: TestClient, events: Events
) -> None:
    assert client.get("/api/missing").status_code == 404
    assert of_kind(events, "error") == []

    assert client.get("/api/unavailable").status_code == 503
    [event] = of_kind(events, "error")
    assert event["exception"]["values"][0]["type"] == "HTTPException"


def test_wrong_input_is_answered_as_ever(client: TestClient, events: Events) -> None:
    answer = client.post("/api/items", json={})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "name"]
    assert of_kind(events, "error") == []
