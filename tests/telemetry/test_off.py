"""Telemetry without a provider costs nothing; a provider may be set at any time."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest
from opentelemetry import trace

from pronghorn import FastAPI
from pronghorn.testclient import TestClient
from tests.telemetry.conftest import Measured

PROGRAM = """
    import sys

    from pronghorn import FastAPI, WebSocket
    from pronghorn.testclient import TestClient

    app = FastAPI()

    @app.get("/items/{item_id}")
    async def read_item(item_id: int):
        return item_id

    @app.websocket("/ws")
    async def serve(websocket: WebSocket):
        await websocket.accept()
        await websocket.close()
"""


def run(program: str) -> None:
    """Run a program in a process of its own; it must not fail."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(PROGRAM) + dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path), "PYDANTIC_DISABLE_PLUGINS": "__all__"},
    )
    assert done.returncode == 0, done.stderr


def test_nothing_of_opentelemetry_is_imported() -> None:
    run(
        """
        with TestClient(app) as client:
            assert client.get("/items/1").json() == 1
            assert client.get("/items/x").status_code == 422
            with client.websocket_connect("/ws"):
                pass
        assert not any(name.startswith("opentelemetry") for name in sys.modules)
        assert "pronghorn.telemetry" not in sys.modules
        """
    )


def test_compiled_handlers_are_the_same_as_long_as_no_provider_is_set() -> None:
    run(
        """
        def handler_of(app):
            (route,) = (route for route in app.routes if route.path == "/items/{item_id}")
            return route._compile_handler({})

        def source_of(handler):
            import inspect
            return inspect.getsource(handler)

        before = source_of(handler_of(app))
        assert before.startswith("async def handle(exchange, path):")

        import opentelemetry.trace
        assert TestClient(app).get("/items/1").json() == 1
        assert "pronghorn.telemetry" in sys.modules  # It looks for providers, and finds none.
        assert source_of(handler_of(app)) == before

        from opentelemetry.sdk.trace import TracerProvider
        opentelemetry.trace.set_tracer_provider(TracerProvider())
        assert TestClient(app).get("/items/1").json() == 1
        assert source_of(handler_of(app)) != before
        """
    )


@pytest.mark.parametrize(
    ("api", "sdk", "name"),
    [
        ("opentelemetry.trace", "opentelemetry.sdk.trace", "tracer"),
        ("opentelemetry.metrics", "opentelemetry.sdk.metrics", "meter"),
        ("opentelemetry._logs", "opentelemetry.sdk._logs", "logger"),
    ],
)
def test_each_global_provider_is_noticed(api: str, sdk: str, name: str) -> None:
    run(
        f"""
        import {api} as api
        import {sdk} as sdk

        assert TestClient(app).get("/items/1").json() == 1
        assert not app._has_active_telemetry()
        api.set_{name}_provider(sdk.{name.capitalize()}Provider(shutdown_on_exit=False))
        assert app._has_active_telemetry()
        assert TestClient(app).get("/items/1").json() == 1
        """
    )


def test_a_provider_that_the_environment_names_is_used() -> None:
    run(
        """
        import os

        os.environ["OTEL_PYTHON_TRACER_PROVIDER"] = "sdk_tracer_provider"
        import opentelemetry.trace

        assert app._has_active_telemetry()
        """
    )


def test_a_missing_package_is_said_only_to_those_who_ask() -> None:
    run(
        """
        import importlib.abc

        class Without(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "opentelemetry":
                    raise ModuleNotFoundError(f"No module named {name!r}")

        sys.meta_path.insert(0, Without())
        with TestClient(app) as client:
            assert client.get("/items/1").json() == 1

        from pronghorn.exceptions import SetupError

        try:
            FastAPI(telemetry={})
        except SetupError as error:
            text = str(error)
        assert "OpenTelemetry cannot be imported" in text
        assert "pip install" in text and "pronghorn[opentelemetry]" in text

        try:
            import pronghorn.telemetry
        except ImportError as error:
            assert str(error) == text
        """
    )


def test_a_service_starts_also_where_its_environment_asks_for_what_is_missing() -> None:
    run(
        """
        import logging
        import os

        sys.modules["opentelemetry"] = None
        os.environ["FASTAPI_OTEL_AUTO_CONFIGURE"] = "true"
        told = []
        handler = logging.Handler()
        handler.emit = lambda record: told.append(record.getMessage())
        logging.getLogger("pronghorn").addHandler(handler)

        with TestClient(app) as client:
            assert client.get("/items/1").json() == 1
        (message,) = told
        assert message.startswith("Telemetry stays off")
        """
    )


def test_a_provider_may_be_set_after_the_first_request(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> int:
        return 1

    client = TestClient(app)
    assert client.get("/").json() == 1
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: measured.tracer_provider)
    assert client.get("/").json() == 1
    monkeypatch.undo()
    assert client.get("/").json() == 1
    assert measured.server.name == "GET /"


def test_providers_of_the_api_itself_measure_nothing(measured: Measured) -> None:
    from opentelemetry._logs import NoOpLoggerProvider
    from opentelemetry.metrics import NoOpMeterProvider
    from opentelemetry.trace import NoOpTracerProvider

    app = FastAPI(
        telemetry={
            "tracer_provider": NoOpTracerProvider(),
            "meter_provider": NoOpMeterProvider(),
            "logger_provider": NoOpLoggerProvider(),
        }
    )
    assert not app._has_active_telemetry()
    assert FastAPI(telemetry=measured.config)._has_active_telemetry()
