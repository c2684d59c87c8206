"""WebSocket connections: one span each, with stages, and without metrics."""

from __future__ import annotations

import pytest
from opentelemetry.trace import StatusCode
from starlette.websockets import WebSocketDisconnect

from pronghorn import Depends, FastAPI, WebSocket, WebSocketException
from pronghorn.telemetry import get_telemetry_data
from pronghorn.testclient import TestClient
from tests.telemetry.conftest import Measured


@pytest.fixture
def app(measured: Measured) -> FastAPI:
    app = FastAPI(telemetry=measured.config)

    def user(websocket: WebSocket) -> str:
        data = get_telemetry_data()
        assert data is not None
        assert data.websocket is websocket
        assert data.request is None
        return "ada"

    @app.websocket("/rooms/{room}")
    async def serve(websocket: WebSocket, room: int, name: str = Depends(user)) -> None:
        data = get_telemetry_data()
        assert data is not None
        assert data.values == {"websocket": websocket, "room": room, "name": name}
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        if room == 13:
            raise ValueError("unlucky")
        if room == 14:
            raise WebSocketException(4000)
        await websocket.close()

    return app


def talk(app: FastAPI, path: str) -> str:
    with TestClient(app).websocket_connect(path) as websocket:
        websocket.send_text("hi")
        return websocket.receive_text()


def test_a_connection_has_a_span_with_stages(app: FastAPI, measured: Measured) -> None:
    assert talk(app, "/rooms/1?token=x") == "hi"
    assert measured.names == ["fastapi.dependencies", "fastapi.endpoint", "WS /rooms/{room}"]
    assert measured.server.attributes == {
        "http.route": "/rooms/{room}",
        "network.protocol.name": "websocket",
        "server.address": "testserver",
        "server.port": 80,
        "url.scheme": "ws",
    }
    assert measured.reader.get_metrics_data() is None


def test_a_failure_is_recorded_once(app: FastAPI, measured: Measured) -> None:
    with pytest.raises(ValueError, match="unlucky"):
        talk(app, "/rooms/13")
    (log,) = measured.logs
    assert log.log_record.event_name == "fastapi.websocket.exception"
    assert measured.server.status.status_code is StatusCode.ERROR
    assert measured.span("fastapi.endpoint").status.status_code is StatusCode.ERROR


def test_closing_on_purpose_is_no_failure(app: FastAPI, measured: Measured) -> None:
    assert talk(app, "/rooms/14") == "hi"
    assert measured.logs == []
    assert all(span.status.status_code is StatusCode.UNSET for span in measured.spans)


def test_invalid_parameters_are_a_warning(app: FastAPI, measured: Measured) -> None:
    with pytest.raises(WebSocketDisconnect):
        talk(app, "/rooms/x")
    (log,) = measured.logs
    assert log.log_record.event_name == "fastapi.validation.failed"
    assert measured.names == ["fastapi.dependencies", "WS /rooms/{room}"]


@pytest.mark.parametrize(("code", "failures"), [(1000, 0), (1001, 0), (1006, 1)])
def test_a_client_that_leaves_may_do_so_in_the_usual_ways(
    app: FastAPI, measured: Measured, code: int, failures: int
) -> None:
    connecting = TestClient(app).websocket_connect("/rooms/1")
    with pytest.raises(WebSocketDisconnect), connecting as websocket:
        websocket.close(code)
    assert len(measured.logs) == failures
    assert (measured.server.status.status_code is StatusCode.ERROR) == bool(failures)
