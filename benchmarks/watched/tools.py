"""The tools that watch programs: how each is set up, with an exporter that drops everything.

A production program samples, and sends in batches from another thread. So nothing here keeps spans
or events: what is measured is what a request itself costs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Stands for a framework: OpenTelemetry's SDK alone.
SDK = "sdk"


@dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes:
        title: Its name in tables.
        start: Called before the framework makes an application.
        attach: Called with the application.
        package: The package that `pronghorn explain` finds, if it finds one.
    """

    title: str
    start: Callable[[], Any]
    attach: Callable[[Any], Any]
    package: str | None = None


def nothing(*_: Any) -> None:
    """Do nothing."""


def start_sentry(**options: Any) -> None:
    """Start Sentry's SDK with its usual integrations, and a transport that discards."""
    import sentry_sdk
    from sentry_sdk.transport import Transport

    class Discard(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            """Drop what would be sent."""

    sentry_sdk.init(dsn="http://key@localhost/1", transport=Discard, **options)


def start_traces() -> None:
    """Start Sentry's SDK so that every request is a transaction."""
    start_sentry(traces_sample_rate=1.0)


def new_processor() -> Any:
    """Return the processor of a production program, with an exporter that drops spans."""
    from opentelemetry.sdk.trace.export import (
        BatchSpanProcessor,
        SpanExporter,
        SpanExportResult,
    )

    class Discard(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            """Drop the spans."""
            return SpanExportResult.SUCCESS

    return BatchSpanProcessor(Discard(), max_queue_size=1 << 17)


def start_opentelemetry() -> None:
    """Set OpenTelemetry's global tracer provider, which the built-in telemetry uses."""
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider()
    provider.add_span_processor(new_processor())
    trace.set_tracer_provider(provider)


def attach_instrumentation(app: Any) -> None:
    """Use OpenTelemetry's own instrumentation instead of the built-in telemetry."""
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

    FastAPIInstrumentor.instrument_app(app)


def start_logfire() -> None:
    """Configure Logfire without its own exporter and console."""
    import logfire

    logfire.configure(
        send_to_logfire=False,
        console=False,
        metrics=False,
        additional_span_processors=[new_processor()],
    )


def attach_logfire(app: Any) -> None:
    """Instrument an application with Logfire."""
    import logfire

    logfire.instrument_fastapi(app)


def attach_prometheus(app: Any) -> None:
    """Instrument an application with the Prometheus instrumentator."""
    from prometheus_client import CollectorRegistry
    from prometheus_fastapi_instrumentator import Instrumentator

    Instrumentator(registry=CollectorRegistry()).instrument(app)


def start_ddtrace() -> None:
    """Patch the framework with ddtrace, whose traces a filter drops before they are sent."""
    os.environ["DD_INSTRUMENTATION_TELEMETRY_ENABLED"] = "false"
    os.environ["DD_REMOTE_CONFIGURATION_ENABLED"] = "false"
    import fastapi  # noqa: F401 - the alias is only seen by what patches it afterwards
    from ddtrace import patch, tracer
    from ddtrace.trace import TraceFilter

    class Discard(TraceFilter):
        def process_trace(self, trace: Any) -> None:
            """Drop a trace."""

    tracer.configure(trace_processors=[Discard()])
    patch(fastapi=True, starlette=True)


TOOLS = {
    "bare": Tool("nothing", nothing, nothing),
    "sentry": Tool("Sentry", start_sentry, nothing, "sentry_sdk"),
    "sentry-traces": Tool("Sentry with traces", start_traces, nothing, "sentry_sdk"),
    "built-in": Tool(
        "OpenTelemetry, built-in telemetry", start_opentelemetry, nothing, "built-in telemetry"
    ),
    "instrumentation": Tool(
        "OpenTelemetry, its instrumentation",
        start_opentelemetry,
        attach_instrumentation,
        "opentelemetry",
    ),
    "logfire": Tool("Logfire", start_logfire, attach_logfire, "logfire"),
    "prometheus": Tool(
        "Prometheus' instrumentator",
        nothing,
        attach_prometheus,
        "prometheus_fastapi_instrumentator",
    ),
    "ddtrace": Tool("ddtrace", start_ddtrace, nothing, "ddtrace"),
}
