"""The OTLP export of the three signals; it needs the SDK, imported when it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opentelemetry import _logs, metrics, trace

from pronghorn.exceptions import FastAPIError


@dataclass(frozen=True)
class Signal:
    """Traces, metrics or logs."""

    #: Its name in environment variables.
    variable: str
    #: The option of `TelemetryConfig` for its provider.
    option: str
    #: The method of a provider that adds a component.
    add_method: str
    #: The module of the API that holds the global provider. Its functions are looked up at each
    #: call, as programs may have replaced them.
    api: Any
    new_provider: Callable[[], Any]
    #: Creates a component that exports to an endpoint.
    new_component: Callable[[str], Any]

    def current(self) -> Any:
        """Return the global provider, or a proxy for it."""
        return getattr(self.api, f"get_{self.option}")()

    def set_current(self, provider: Any) -> None:
        """Make a provider the global one, unless there is one."""
        getattr(self.api, f"set_{self.option}")(provider)


def missing_package(error: ImportError) -> FastAPIError:
    """Return the error for an environment that contains only the API."""
    return FastAPIError(
        f"exporting needs the OpenTelemetry SDK and its OTLP exporter ({error}): pip install "
        "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http, which are in the extra "
        "pronghorn[opentelemetry]"
    )


def _new_tracer_provider() -> Any:
    try:
        from opentelemetry.sdk import trace as sdk
    except ImportError as error:
        raise missing_package(error) from error
    return sdk.TracerProvider(shutdown_on_exit=False)


def _new_meter_provider() -> Any:
    try:
        from opentelemetry.sdk import metrics as sdk
    except ImportError as error:
        raise missing_package(error) from error
    return sdk.MeterProvider(shutdown_on_exit=False)


def _new_logger_provider() -> Any:
    try:
        from opentelemetry.sdk import _logs as sdk
    except ImportError as error:
        raise missing_package(error) from error
    return sdk.LoggerProvider(shutdown_on_exit=False)


def _new_span_processor(endpoint: str) -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise missing_package(error) from error
    return BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint))


def _new_metric_reader(endpoint: str) -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    except ImportError as error:
        raise missing_package(error) from error
    return PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=endpoint))


def _new_log_processor(endpoint: str) -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    except ImportError as error:
        raise missing_package(error) from error
    return BatchLogRecordProcessor(OTLPLogExporter(endpoint=endpoint))


SIGNALS = (
    Signal(
        "TRACES",
        "tracer_provider",
        "add_span_processor",
        trace,
        _new_tracer_provider,
        _new_span_processor,
    ),
    Signal(
        "METRICS",
        "meter_provider",
        "add_metric_reader",
        metrics,
        _new_meter_provider,
        _new_metric_reader,
    ),
    Signal(
        "LOGS",
        "logger_provider",
        "add_log_record_processor",
        _logs,
        _new_logger_provider,
        _new_log_processor,
    ),
)
