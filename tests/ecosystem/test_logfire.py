"""logfire: replaces `routing.run_endpoint_function` and `routing.solve_dependencies`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import logfire
import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from fastapi.testclient import TestClient
from logfire.testing import TestExporter
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

router = APIRouter()
closed: list[str] = []


def get_session() -> Iterator[str]:
    yield "session"
    closed.append("session")


@router.get("/items/{item_id}")
async def read_item(item_id: int, session: Annotated[str, Depends(get_session)]) -> dict[str, int]:
    return {"item_id": item_id}


@router.get("/thread")
def in_thread(q: str = "default") -> str:
    return q


@router.websocket("/ws")
async def ws(websocket: WebSocket, q: int) -> None:
    await websocket.accept()
    await websocket.send_json(q)
    await websocket.close()


@pytest.fixture
def spans() -> TestExporter:
    exporter = TestExporter()
    logfire.configure(
        send_to_logfire=False,
        console=False,
        additional_span_processors=[SimpleSpanProcessor(exporter)],
    )
    return exporter


@pytest.fixture
def client(spans: TestExporter) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router, prefix="/api")
    with logfire.instrument_fastapi(app, extra_spans=True):
        yield TestClient(app)


def messages(spans: TestExporter) -> list[str]:
    return [span["attributes"]["logfire.msg"] for span in spans.exported_spans_as_dict()]


def test_arguments_and_the_endpoint_are_spans(client: TestClient, spans: TestExporter) -> None:
    closed.clear()
    assert client.get("/api/items/3").json() == {"item_id": 3}

    assert closed == ["session"]
    arguments, endpoint, request = spans.exported_spans_as_dict()
    assert '"item_id": 3' in arguments["attributes"]["values"]
    assert endpoint["attributes"]["code.function"] == "read_item"
    assert request["name"] == "GET /api/items/{item_id}"
    assert request["attributes"]["fastapi.route.name"] == "read_item"


def test_wrong_arguments_are_recorded_and_answered(client: TestClient, spans: TestExporter) -> None:
    answer = client.get("/api/items/three")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["path", "item_id"]
    arguments, _ = spans.exported_spans_as_dict()
    assert "int_parsing" in arguments["attributes"]["errors"]


def test_def_endpoints_and_websockets(client: TestClient, spans: TestExporter) -> None:
    assert client.get("/api/thread", params={"q": "a"}).json() == "a"
    with client.websocket_connect("/api/ws?q=5") as websocket:
        assert websocket.receive_json() == 5

    assert any(message.endswith("/thread (in_thread)") for message in messages(spans))
    assert messages(spans).count("FastAPI arguments") == 2


def test_afterwards_nothing_is_recorded(spans: TestExporter) -> None:
    app = FastAPI()
    app.include_router(router)
    with logfire.instrument_fastapi(app, extra_spans=True):
        pass
    spans.clear()

    assert TestClient(app).get("/thread").json() == "default"
    assert "FastAPI arguments" not in messages(spans)
