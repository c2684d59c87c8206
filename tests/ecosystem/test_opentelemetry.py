"""opentelemetry-instrumentation-fastapi: replaces `app.build_middleware_stack`."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_current_span


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def client(spans: InMemorySpanExporter) -> TestClient:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    app = FastAPI()
    router = APIRouter()

    @router.get("/items/{item_id}")
    async def read_item(item_id: int) -> dict[str, bool]:
        return {"traced": get_current_span().is_recording()}

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("broken")

    app.include_router(router, prefix="/api")
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider)
    return TestClient(app, raise_server_exceptions=False)


def server_span(spans: InMemorySpanExporter):
    return next(span for span in spans.get_finished_spans() if span.kind is SpanKind.SERVER)


def test_the_span_has_the_route_with_its_prefix(
    client: TestClient, spans: InMemorySpanExporter
) -> None:
    assert client.get("/api/items/3").json() == {"traced": True}

    span = server_span(spans)
    assert span.name == "GET /api/items/{item_id}"
    assert span.attributes["http.route"] == "/api/items/{item_id}"
    assert span.attributes["http.status_code"] == 200


def test_an_exception_is_recorded(client: TestClient, spans: InMemorySpanExporter) -> None:
    assert client.get("/broken").status_code == 500

    span = server_span(spans)
    assert span.status.status_code is StatusCode.ERROR
    assert [event.name for event in span.events] == ["exception"]
    assert span.events[0].attributes["exception.message"] == "broken"


def test_an_unknown_path_has_no_route(client: TestClient, spans: InMemorySpanExporter) -> None:
    assert client.get("/nothing").status_code == 404

    assert "http.route" not in server_span(spans).attributes


def test_uninstrumented_again(client: TestClient, spans: InMemorySpanExporter) -> None:
    FastAPIInstrumentor.uninstrument_app(client.app)

    assert client.get("/api/items/3").json() == {"traced": False}
    assert spans.get_finished_spans() == ()


def test_applications_made_after_instrumenting_everything() -> None:
    import fastapi

    instrumentor, plain = FastAPIInstrumentor(), fastapi.FastAPI
    instrumentor.instrument()
    try:
        app = fastapi.FastAPI()
        assert type(app) is not plain
        assert app._is_instrumented_by_opentelemetry
    finally:
        instrumentor.uninstrument()
    assert fastapi.FastAPI is plain


def test_a_route_class_is_not_asked_before_its_middleware_has_run(
    spans: InMemorySpanExporter,
) -> None:
    class OfTenant(APIRoute):
        def matches(self, scope):
            assert "tenant" in scope
            return super().matches(scope)

    class SetTenant:
        def __init__(self, app) -> None:
            self.app = app

        async def __call__(self, scope, receive, send) -> None:
            await self.app({**scope, "tenant": "a"}, receive, send)

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    router = APIRouter(route_class=OfTenant)
    router.get("/items/{item_id}")(lambda item_id: item_id)
    app = FastAPI()
    app.include_router(router, prefix="/api")
    app.add_middleware(SetTenant)
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider)

    assert TestClient(app).get("/api/items/3").status_code == 200
    assert server_span(spans).name == "GET /api/items/{item_id}"
