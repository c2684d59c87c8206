"""The option `telemetry` of an application."""

from __future__ import annotations

from typing import Any

import pytest

from pronghorn import FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.testclient import TestClient
from tests.telemetry.conftest import Measured


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ("all", "is not a dictionary"),
        ({"operation_span": False}, "probably: 'operation_spans'"),
        ({"tracer_provider": 3}, "has no get_tracer()"),
        ({"meter_provider": "x"}, "has no get_meter()"),
        ({"logger_provider": "x"}, "has no get_logger()"),
        ({"exclude": "/health"}, "has no __call__()"),
    ],
)
def test_mistakes_are_found_at_once(config: Any, text: str) -> None:
    with pytest.raises(SetupError) as caught:
        FastAPI(telemetry=config)
    assert text in str(caught.value)


def test_it_is_copied(measured: Measured) -> None:
    config = dict(measured.config)
    app = FastAPI(telemetry=config)
    config["tracing"] = False
    TestClient(app).get("/missing")
    assert measured.server.name == "GET"


@pytest.mark.parametrize("name", ["tracing", "metrics", "logs"])
def test_each_signal_can_be_switched_off(measured: Measured, name: str) -> None:
    app = FastAPI(telemetry={**measured.config, name: False})

    @app.get("/")
    async def fail() -> None:
        raise ValueError("x")

    TestClient(app, raise_server_exceptions=False).get("/")
    assert bool(measured.spans) == (name != "tracing")
    assert bool(measured.points("http.server.request.duration")) == (name != "metrics")
    assert bool(measured.logs) == (name != "logs")


def test_without_operation_spans_there_is_one_span_per_request(measured: Measured) -> None:
    app = FastAPI(telemetry={**measured.config, "operation_spans": False})

    @app.get("/")
    def read() -> int:
        return 1

    assert TestClient(app).get("/").json() == 1
    assert measured.names == ["GET /"]


def test_excluded_requests_are_answered_by_the_compiled_handler(measured: Measured) -> None:
    app = FastAPI(telemetry={**measured.config, "exclude": lambda scope: scope["path"] == "/no"})

    @app.get("/{name}")
    async def read(name: str) -> str:
        return name

    client = TestClient(app)
    assert client.get("/no").json() == "no"
    assert measured.names == []
    assert client.get("/yes").json() == "yes"
    assert client.get("/no").json() == "no"
    assert measured.server.name == "GET /{name}"
