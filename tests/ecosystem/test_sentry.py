"""sentry-sdk: replaces `routing.get_request_handler` and methods of Starlette's classes."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import sentry_sdk
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration
from sentry_sdk.transport import Transport

from pronghorn.middleware.known_instrumentation import find_idle_test

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


class UserInScope:
    """Puts a user into the scope, as Starlette's authentication does."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and b"x-user" in dict(scope["headers"]):
            scope["user"] = SimpleNamespace(username="ada")
        await self.app(scope, receive, send)


def everything(events: Events, *, with_middleware: bool) -> list[Any]:
    """Send requests of every kind, and return what was recorded of each."""
    events.clear()
    app = FastAPI()
    app.include_router(shop, prefix="/api")
    if with_middleware:
        app.add_middleware(UserInScope)
    inner = FastAPI()
    inner.include_router(shop)
    app.mount("/inner", inner)

    @app.exception_handler(LookupError)
    async def answer_lookup(request: Request, error: LookupError) -> JSONResponse:
        return JSONResponse({"body": (await request.body()).decode()}, 404)

    client = TestClient(app, raise_server_exceptions=False)
    paths = ("/api/items/3", "/api/items/x", "/api/unavailable", "/api/broken", "/nowhere")
    answers = [client.get(path, headers={"x-user": "1"}) for path in paths]
    answers.append(client.post("/api/sold", json={"a": 1}))
    answers.append(client.get("/inner/items/4"))
    answers.append(client.get("/inner/broken"))
    found = [(one.status_code, one.text) for one in answers]
    return [found, [summary(event) for event in events]]


def summary(event: dict[str, Any]) -> Any:
    """Return the parts of an event that are the same in each run."""
    spans = [(span["op"], span["description"]) for span in event.get("spans", ())]
    request = event.get("request", {})
    values = event.get("exception", {}).get("values", ())
    return (
        event.get("type", "error"),
        event["transaction"],
        event["transaction_info"],
        spans,
        request.get("url"),
        request.get("data"),
        event.get("user"),
        [(one["type"], one["value"], one["mechanism"]) for one in values],
        event["contexts"]["trace"].get("op"),
        event["contexts"]["trace"].get("status"),
        [crumb["message"] for crumb in event.get("breadcrumbs", {}).get("values", ())],
    )


shop = APIRouter()


@shop.get("/items/{item_id}")
async def item(item_id: int) -> dict[str, int]:
    return {"item_id": item_id}


@shop.get("/unavailable")
async def out_of_order() -> None:
    raise HTTPException(503, "later")


@shop.get("/broken")
def broken() -> None:
    raise RuntimeError("broken")


@shop.post("/sold")
async def sold(body: dict[str, int]) -> None:
    raise LookupError("sold")


@pytest.mark.parametrize("with_middleware", [False, True])
def test_layers_that_are_passed_by_record_the_same(
    transport: KeptEvents, events: Events, monkeypatch: pytest.MonkeyPatch, with_middleware: bool
) -> None:
    passed = everything(events, with_middleware=with_middleware)
    monkeypatch.setattr("pronghorn.middleware.known_instrumentation.COMPARED", ())
    called = everything(events, with_middleware=with_middleware)

    monkeypatch.undo()
    monkeypatch.setattr(sentry_sdk, "VERSION", "2.99.0")  # A release that nobody has compared.
    assert find_idle_test() is None
    unknown = everything(events, with_middleware=with_middleware)

    assert passed[1] == called[1] == unknown[1]
    assert passed[0] == called[0] == unknown[0]
    assert [status for status, _ in passed[0]] == [200, 422, 503, 500, 404, 404, 200, 500]
    assert passed[0][5] == (404, '{"body":"{\\"a\\":1}"}')


def test_spans_of_layers_are_made_where_they_are_wanted(
    transport: KeptEvents, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    integration = sentry_sdk.get_client().get_integration(StarletteIntegration)
    monkeypatch.setattr(integration, "middleware_spans", True)
    _, recorded = everything(events, with_middleware=True)

    names = {name for op, name in recorded[0][3] if op == "middleware.starlette"}
    assert {"ServerErrorMiddleware", "UserInScope", "ExceptionMiddleware"} <= names
