"""The records of requests that are invalid or fail."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from opentelemetry._logs import SeverityNumber

from pronghorn import Depends, FastAPI, HTTPException, Request
from pronghorn.responses import JSONResponse, StreamingResponse
from pronghorn.testclient import TestClient
from tests.telemetry.conftest import Measured


@pytest.mark.parametrize("body", [b'{"amount": "x"}', b"{"])
def test_an_invalid_request_is_a_warning_without_its_values(
    measured: Measured, body: bytes
) -> None:
    app = FastAPI(telemetry=measured.config)

    @app.post("/items")
    async def create(item: dict[str, int]) -> None:
        raise AssertionError("not called")

    headers = {"content-type": "application/json"}
    assert TestClient(app).post("/items", content=body, headers=headers).status_code == 422
    (log,) = measured.logs
    record = log.log_record
    assert record.severity_number is SeverityNumber.WARN
    assert record.event_name == "fastapi.validation.failed"
    assert record.body == "Request validation failed"
    assert record.attributes == {"fastapi.validation.error_count": 1, "http.route": "/items"}
    assert record.span_id == measured.server.context.span_id


def test_an_unhandled_exception_is_recorded_once(measured: Measured) -> None:
    app = FastAPI(telemetry=measured.config)
    child = FastAPI(telemetry=measured.config)
    failure = ValueError("sold out")

    @child.get("/items/{item_id}")
    def read(item_id: int) -> None:
        raise failure

    app.mount("/shop", child)
    response = TestClient(app, raise_server_exceptions=False).get("/shop/items/1")
    assert response.status_code == 500
    (log,) = measured.logs
    record = log.log_record
    assert record.severity_number is SeverityNumber.ERROR
    assert record.event_name == "http.server.request.exception"
    assert record.exception is failure
    assert record.span_id == measured.server.context.span_id
    attributes = record.attributes or {}
    assert attributes["http.route"] == "/shop/items/{item_id}"
    assert attributes["exception.type"] == "ValueError"
    assert attributes["exception.message"] == "sold out"
    assert "in read" in str(attributes["exception.stacktrace"])


def test_answers_are_not_recorded(measured: Measured) -> None:
    app = FastAPI(telemetry=measured.config)

    @app.exception_handler(ValueError)
    async def handled(request: Request, error: ValueError) -> JSONResponse:
        return JSONResponse({}, 400)

    @app.get("/{kind}")
    async def read(kind: str) -> None:
        raise ValueError("x") if kind == "value" else HTTPException(503)

    client = TestClient(app)
    assert client.get("/value").status_code == 400
    assert client.get("/busy").status_code == 503
    assert client.get("/").status_code == 404
    assert measured.logs == []


@pytest.mark.parametrize("stage", ["stream", "clean-up"])
def test_errors_after_the_response_began_are_recorded(measured: Measured, stage: str) -> None:
    app = FastAPI(telemetry=measured.config)

    async def session() -> AsyncIterator[None]:
        yield
        if stage == "clean-up":
            raise ValueError("too late")

    async def chunks() -> AsyncIterator[str]:
        yield "a"
        if stage == "stream":
            raise ValueError("too late")

    @app.get("/", dependencies=[Depends(session)])
    async def read() -> StreamingResponse:
        return StreamingResponse(chunks())

    TestClient(app, raise_server_exceptions=False).get("/")
    (log,) = measured.logs
    assert (log.log_record.attributes or {})["exception.message"] == "too late"
    assert log.log_record.trace_id == measured.server.context.trace_id
