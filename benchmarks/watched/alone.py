"""The SDK of OpenTelemetry alone: the four spans of a request of the built-in telemetry.

No framework takes part, so this is what the built-in telemetry cannot go below. The worker calls it
as an application, so that the spans are timed as those of the frameworks are, in the same rounds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.context import attach, detach
from opentelemetry.trace import SpanKind

from benchmarks.watched.tools import start_opentelemetry

STAGES = ("fastapi.dependencies", "fastapi.endpoint", "fastapi.serialization")
ATTRIBUTES: dict[str, str | int] = {
    "url.scheme": "http",
    "http.request.method": "GET",
    "network.protocol.version": "1.1",
    "server.address": "testserver",
    "server.port": 80,
    "url.path": "/items/7",
    "url.query": "q=a",
}


def make_spans(tracer: trace.Tracer) -> None:
    """Make the spans of one request, with their attributes, and end them."""
    context = propagate.extract({})
    server = tracer.start_span("GET", context, SpanKind.SERVER, attributes=ATTRIBUTES)
    outer = attach(trace.set_span_in_context(server, context))
    server.set_attribute("http.route", "/items/{item_id}")
    server.update_name("GET /items/{item_id}")
    for stage in STAGES:
        span = tracer.start_span(stage, attributes={"code.function.name": "shop.read_item"})
        inner = attach(trace.set_span_in_context(span))
        detach(inner)
        span.end()
    server.set_attribute("http.response.status_code", 200)
    server.end()
    detach(outer)


def build() -> Callable[[Any, Any, Any], Awaitable[None]]:
    """Return an ASGI application that makes the spans of a request, and answers nothing."""
    start_opentelemetry()
    tracer = trace.get_tracer_provider().get_tracer("fastapi")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        make_spans(tracer)

    return app
