"""The SDK of OpenTelemetry alone: the four spans of a request of the built-in telemetry.

    python -m benchmarks.watched.alone

Prints the microseconds of processor time for one request's spans. No framework takes part, so this
is what the built-in telemetry cannot go below.
"""

from __future__ import annotations

import json
from time import process_time

from opentelemetry import propagate, trace
from opentelemetry.context import attach, detach
from opentelemetry.trace import SpanKind

from benchmarks.watched.tools import start_opentelemetry

ROUNDS, REQUESTS = 40, 200
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


def measure() -> float:
    """Return the microseconds for the spans of one request, the best of many rounds."""
    start_opentelemetry()
    tracer = trace.get_tracer_provider().get_tracer("fastapi")
    best = float("inf")
    for _ in range(ROUNDS):
        began = process_time()
        for _ in range(REQUESTS):
            make_spans(tracer)
        best = min(best, (process_time() - began) / REQUESTS * 1e6)
    return best


if __name__ == "__main__":
    print(json.dumps({"microseconds": measure()}))
