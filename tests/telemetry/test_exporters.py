"""Exporters from environment variables, with a collector of our own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pronghorn import FastAPI
from pronghorn.telemetry import _runtime
from pronghorn.testclient import TestClient
from tests.telemetry.conftest import Measured


@pytest.fixture
def collector() -> Iterator[tuple[str, list[str]]]:
    """The address of a collector, and the paths to which something was sent."""
    received: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            received.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            _runtime._shutdown()
            server.shutdown()
            thread.join()


def answered(config: dict[str, Any]) -> int:
    """The status of a request to an application that runs its lifespan."""
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        seen.append("started")
        yield

    with TestClient(FastAPI(telemetry=config, lifespan=lifespan)) as client:
        status: int = client.get("/").status_code
    assert seen == ["started"]
    return status


@pytest.mark.parametrize("asked_by", ["option", "environment"])
def test_the_end_of_a_lifespan_exports_what_is_waiting(
    measured: Measured,
    monkeypatch: pytest.MonkeyPatch,
    collector: tuple[str, list[str]],
    asked_by: str,
) -> None:
    address, received = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address + "/base/")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", address + "/metrics")
    monkeypatch.setenv("OTEL_LOGS_EXPORTER", "none")
    config = dict(measured.config)
    if asked_by == "option":
        config["auto_configure"] = True
    else:
        monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "True")
    assert answered(config) == 404
    assert sorted(received) == ["/base/v1/traces", "/metrics"]
    received.clear()
    assert answered(config) == 404  # The same exporters: nothing is sent twice.
    assert sorted(received) == ["/base/v1/traces", "/metrics"]
    assert measured.names == ["GET", "GET"]  # Other exporters of the provider go on.


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector"}, "absolute HTTP URL"),
        (
            {
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            },
            "must be http/protobuf",
        ),
        (
            {
                "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://collector",
                "OTEL_LOGS_EXPORTER": "console",
            },
            "must be otlp or none",
        ),
    ],
)
def test_a_mistake_in_the_environment_is_a_warning(
    measured: Measured,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    variables: dict[str, str],
    text: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert answered({**measured.config, "auto_configure": True}) == 404
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert text in record.getMessage()
    assert measured.names == ["GET"]


def test_a_provider_that_takes_no_exporters_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from opentelemetry.trace import NoOpTracerProvider

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector")
    config = {"tracer_provider": NoOpTracerProvider(), "auto_configure": True}
    assert answered(config) == 404
    assert "does not support adding an OTLP exporter" in caplog.text


@pytest.mark.parametrize(
    ("asked", "variables"),
    [
        ({}, {}),
        ({"auto_configure": False}, {"FASTAPI_OTEL_AUTO_CONFIGURE": "true"}),
        ({"auto_configure": True}, {"OTEL_SDK_DISABLED": "true"}),
    ],
)
def test_nothing_is_exported_unless_it_is_asked_for(
    measured: Measured,
    monkeypatch: pytest.MonkeyPatch,
    collector: tuple[str, list[str]],
    asked: dict[str, bool],
    variables: dict[str, str],
) -> None:
    address, received = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert answered({**measured.config, **asked}) == 404
    assert received == []
