"""Requests whose spans a sampler drops."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)

from pronghorn import FastAPI
from pronghorn.testclient import TestClient

OPERATIONS = ["fastapi.dependencies", "fastapi.endpoint", "fastapi.serialization"]


class CountedIds(RandomIdGenerator):
    """Counts the spans that the SDK has been asked for."""

    def __init__(self) -> None:
        self.count = 0

    def generate_span_id(self) -> int:
        self.count += 1
        return super().generate_span_id()


class DropsServers(Sampler):
    """Drops the span of a request, and keeps those inside."""

    def should_sample(
        self, parent_context: Any, trace_id: int, name: str, *_: Any, **__: Any
    ) -> SamplingResult:
        is_inside = name.startswith("fastapi.")
        return SamplingResult(Decision.RECORD_AND_SAMPLE if is_inside else Decision.DROP)

    def get_description(self) -> str:
        return "AlwaysOffSampler"


@pytest.mark.parametrize(
    ("sampler", "asked", "names"),
    [
        (ALWAYS_OFF, 1, []),
        (ParentBased(ALWAYS_OFF), 1, []),
        (TraceIdRatioBased(0), 1, []),
        (ParentBased(ALWAYS_OFF, local_parent_not_sampled=ALWAYS_ON), 4, OPERATIONS),
        (DropsServers(), 4, OPERATIONS),
        (ALWAYS_ON, 4, [*OPERATIONS, "GET /"]),
    ],
)
def test_nothing_is_asked_inside_a_request_that_is_not_sampled(
    sampler: Sampler, asked: int, names: list[str]
) -> None:
    ids, spans = CountedIds(), InMemorySpanExporter()
    provider = TracerProvider(sampler, id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    app = FastAPI(telemetry={"tracer_provider": provider})
    traces: list[bool] = []

    @app.get("/")
    async def read() -> int:
        traces.append(trace.get_current_span().get_span_context().is_valid)
        return 1

    assert TestClient(app).get("/").json() == 1
    assert ids.count == asked
    assert [span.name for span in spans.get_finished_spans()] == names
    assert traces == [True]
    provider.shutdown()
