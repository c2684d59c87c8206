"""The duration and the number of requests."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from pronghorn import FastAPI, HTTPException
from pronghorn.testclient import TestClient
from tests.telemetry.conftest import Measured

DURATION = "http.server.request.duration"
ACTIVE = "http.server.active_requests"


def test_requests_are_counted_while_they_run_and_measured_once(measured: Measured) -> None:
    app = FastAPI(telemetry=measured.config)
    active: list[int] = []

    @app.get("/items/{item_id}")
    async def read(item_id: int) -> int:
        active.extend(point.value for point in measured.points(ACTIVE))
        return item_id

    client = TestClient(app)
    for item_id in (1, 2):
        client.get(f"/items/{item_id}?q={item_id}")
    assert active == [1, 1]
    assert [point.value for point in measured.points(ACTIVE)] == [0]
    (point,) = measured.points(DURATION)
    assert point.count == 2
    assert point.sum > 0
    assert point.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/items/{item_id}",
        "network.protocol.version": "1.1",
        "url.scheme": "http",
    }


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [("/fail", 500, "ValueError"), ("/busy", 503, "503"), ("/missing", 404, None)],
)
def test_errors_are_told(measured: Measured, path: str, status: int, error: str | None) -> None:
    app = FastAPI(telemetry=measured.config)

    @app.get("/fail")
    async def fail() -> None:
        raise ValueError("x")

    @app.get("/busy")
    async def busy() -> None:
        raise HTTPException(503)

    TestClient(app, raise_server_exceptions=False).get(path)
    (point,) = measured.points(DURATION)
    assert point.attributes["http.response.status_code"] == status
    assert point.attributes.get("error.type") == error


@pytest.mark.parametrize(
    ("listed", "method", "told"),
    [("", "GET", "GET"), ("", "FETCH", "_OTHER"), (" FETCH ,", "FETCH", "FETCH")],
)
def test_methods_that_nobody_knows_are_one_group(
    measured: Measured, monkeypatch: pytest.MonkeyPatch, listed: str, method: str, told: str
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", listed)
    TestClient(FastAPI(telemetry=measured.config)).request(method, "/")
    (point,) = measured.points(DURATION)
    assert point.attributes["http.request.method"] == told
    assert measured.server.name == ("HTTP" if told == "_OTHER" else told)
    original = (measured.server.attributes or {}).get("http.request.method_original")
    assert original == (method if told == "_OTHER" else None)


def ended(measured: Measured, messages: list[dict[str, Any]], *, leaves: bool = False) -> str:
    """The error of a request whose application sends these messages and returns."""

    class Sends:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if leaves:
                await receive()
            for message in messages:
                await send(message)

    app = FastAPI(telemetry=measured.config)
    app.add_middleware(Sends)

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": []}
    anyio.run(app, scope, receive, send)
    (point,) = measured.points(DURATION)
    assert point.count == 1
    assert [point.value for point in measured.points(ACTIVE)] == [0]
    return str(point.attributes.get("error.type"))


START: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": []}
BODY: dict[str, Any] = {"type": "http.response.body", "body": b"x"}


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        ([START, BODY], "None"),
        ([START, {**BODY, "more_body": True}], "RuntimeError"),
        ([START, {"type": "http.response.pathsend", "path": "/x"}], "None"),
        ([{**START, "trailers": True}, BODY], "RuntimeError"),
        ([{**START, "trailers": True}, BODY, {"type": "http.response.trailers"}], "None"),
        ([], "RuntimeError"),
    ],
)
def test_a_response_must_come_to_its_end(
    measured: Measured, messages: list[dict[str, Any]], error: str
) -> None:
    assert ended(measured, messages) == error


def test_a_client_that_leaves_is_another_error(measured: Measured) -> None:
    assert ended(measured, [START], leaves=True) == "ConnectionError"
