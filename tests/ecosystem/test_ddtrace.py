"""ddtrace: replaces `routing.serialize_response`, `Route.handle` and the building of the layers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

# Nothing is to be sent anywhere; ddtrace reads these when it is imported.
os.environ["DD_INSTRUMENTATION_TELEMETRY_ENABLED"] = "false"
os.environ["DD_REMOTE_CONFIGURATION_ENABLED"] = "false"

from ddtrace import patch, tracer
from ddtrace.trace import TraceFilter
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

traces: list[list[Any]] = []


class Kept(TraceFilter):
    """Keeps traces instead of sending them."""

    def process_trace(self, trace: list[Any]) -> None:
        traces.append(trace)


@pytest.fixture(scope="module", autouse=True)
def patched() -> None:
    tracer.configure(trace_processors=[Kept()])
    patch(fastapi=True, starlette=True)


@pytest.fixture
def client() -> Iterator[TestClient]:
    traces.clear()
    app = FastAPI()
    router = APIRouter()

    @router.get("/items/{item_id}")
    async def read_item(item_id: int) -> dict[str, int]:
        return {"item_id": item_id}

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("broken")

    app.include_router(router, prefix="/api")
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_a_request_and_its_serialisation_are_spans(client: TestClient) -> None:
    assert client.get("/api/items/3").json() == {"item_id": 3}

    [[request, serialisation]] = traces
    assert request.resource == "GET /api/items/{item_id}"
    assert request.get_tag("http.status_code") == "200"
    assert serialisation.name == "fastapi.serialize_response"


def test_an_exception_marks_the_request(client: TestClient) -> None:
    assert client.get("/broken").status_code == 500

    [[request]] = traces
    assert request.error == 1
    assert request.get_tag("error.message") == "broken"


def test_a_mounted_application_is_named_with_its_mount() -> None:
    traces.clear()
    app, inner = FastAPI(), FastAPI()

    @inner.get("/items/{item_id}")
    async def read_item(item_id: int) -> int:
        return item_id

    app.mount("/inner", inner)
    assert TestClient(app).get("/inner/items/3").json() == 3

    [[outer, inside, _]] = traces
    assert outer.resource == "GET /inner/items/{item_id}"
    assert outer.get_tag("http.route") == "/inner/items/{item_id}"
    assert inside.resource == "GET /items/{item_id}"
