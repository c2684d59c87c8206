"""Providers that keep what they receive in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

VARIABLES = ("FASTAPI_OTEL_", "OTEL_")


@dataclass
class Measured:
    """What an application has reported."""

    spans_in_memory: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    reader: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)
    logs_in_memory: InMemoryLogRecordExporter = field(default_factory=InMemoryLogRecordExporter)

    def __post_init__(self) -> None:
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.spans_in_memory))
        self.meter_provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.logger_provider = LoggerProvider(shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self.logs_in_memory))
        #: The option `telemetry` of an application that reports here.
        self.config: dict[str, Any] = {
            "tracer_provider": self.tracer_provider,
            "meter_provider": self.meter_provider,
            "logger_provider": self.logger_provider,
        }

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.spans_in_memory.get_finished_spans()

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.spans]

    @property
    def server(self) -> ReadableSpan:
        """The span of the one request."""
        (span,) = (span for span in self.spans if span.kind is SpanKind.SERVER)
        return span

    def span(self, name: str) -> ReadableSpan:
        (found,) = (span for span in self.spans if span.name == name)
        return found

    @property
    def logs(self) -> list[ReadableLogRecord]:
        return list(self.logs_in_memory.get_finished_logs())

    def points(self, metric_name: str) -> list[Any]:
        """The data points of one metric."""
        data = self.reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == metric_name
            for point in metric.data.data_points
        ]

    def shut_down(self) -> None:
        self.tracer_provider.shutdown()
        self.meter_provider.shutdown()
        self.logger_provider.shutdown()


@pytest.fixture
def measured() -> Iterator[Measured]:
    found = Measured()
    yield found
    found.shut_down()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(VARIABLES):
            monkeypatch.delenv(name)
