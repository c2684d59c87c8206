"""Telemetry is the same in a process of Granian, where another layer is around the application."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from opentelemetry.trace import SpanKind

from pronghorn import FastAPI, WebSocket
from pronghorn.testclient import TestClient
from tests.telemetry.conftest import Measured


@pytest.fixture(autouse=True)
def granian(monkeypatch: pytest.MonkeyPatch) -> None:
    """Granian has been loaded, as by its own command."""
    monkeypatch.setitem(sys.modules, "granian.asgi", ModuleType("granian.asgi"))


def program(app: FastAPI) -> FastAPI:
    @app.get("/items/{item_id}")
    async def read_item(item_id: int) -> int:
        return item_id

    @app.websocket("/ws")
    async def serve(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    return app


def test_requests_and_connections_are_measured(measured: Measured) -> None:
    app = program(FastAPI(telemetry=measured.config))
    with TestClient(app) as client:
        assert client.get("/items/1").json() == 1
        with client.websocket_connect("/ws"):
            pass
    names = [span.name for span in measured.spans if span.kind is SpanKind.SERVER]
    assert sorted(names) == ["GET /items/{item_id}", "WS /ws"]
    assert app._has_active_telemetry()


def test_layers_that_are_made_again_are_measured_once(measured: Measured) -> None:
    app = program(FastAPI(telemetry=measured.config))
    for _ in range(2):
        app.middleware_stack = None
        assert TestClient(app).get("/items/1").json() == 1
    assert len([span for span in measured.spans if span.kind is SpanKind.SERVER]) == 2
