"""Which providers are in force: asked at every request, since a program may set one at any time."""

from __future__ import annotations

from typing import Any

from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import Logger
from opentelemetry.trace import Tracer

from pronghorn.telemetry.config import Settings

#: The name and the schema of all that is measured, as in FastAPI.
SCOPE_NAME = "fastapi"
SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"
#: The providers of the API itself: proxies for one that nobody has set, and those that do nothing.
OF_API = ("opentelemetry.trace", "opentelemetry.metrics", "opentelemetry._logs")
#: Seconds; the buckets that the conventions advise.
DURATION_BUCKETS = (
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
)  # fmt: skip


class Instruments:
    """The two metrics of HTTP servers."""

    def __init__(self, provider: Any, version: str) -> None:
        meter = provider.get_meter(SCOPE_NAME, version, SCHEMA_URL)
        self.duration = meter.create_histogram(
            "http.server.request.duration",
            unit="s",
            description="Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=DURATION_BUCKETS,
        )
        self.active = meter.create_up_down_counter(
            "http.server.active_requests",
            unit="{request}",
            description="Number of active HTTP server requests.",
        )


class Signals:
    """What an application measures with.

    What a provider makes is kept as long as the provider stays the same: making a tracer is slow,
    and resets what Python's warnings remember.
    """

    def __init__(self, settings: Settings) -> None:
        from pronghorn import FASTAPI_VERSION

        self._settings = settings
        self._version = FASTAPI_VERSION
        self._made: dict[str, tuple[Any, Any]] = {}

    def tracer(self) -> Tracer | None:
        """Makes spans; None if nobody wants any."""
        if not self._settings.tracing:
            return None
        given = self._settings.tracer_provider
        if given is None or is_proxy(given):
            given = trace.get_tracer_provider()
        tracer: Tracer | None = self._kept(given, self._new_tracer, "tracer")
        return tracer

    def instruments(self) -> Instruments | None:
        """Measures requests; None if nobody wants that."""
        if not self._settings.metrics:
            return None
        given = self._settings.meter_provider
        if given is None or is_proxy(given):
            given = metrics.get_meter_provider()
        instruments: Instruments | None = self._kept(given, self._new_instruments, "instruments")
        return instruments

    def logger(self) -> Logger | None:
        """Makes log records; None if nobody wants any."""
        if not self._settings.logs:
            return None
        given = self._settings.logger_provider
        if given is None or is_proxy(given):
            given = _logs.get_logger_provider()
        logger: Logger | None = self._kept(given, self._new_logger, "logger")
        return logger

    def _kept(self, provider: Any, make: Any, name: str) -> Any:
        if is_of_api(provider):
            return None
        known = self._made.get(name)
        if known is None or known[0] is not provider:
            known = self._made[name] = (provider, make(provider))
        return known[1]

    def _new_tracer(self, provider: Any) -> Any:
        return provider.get_tracer(SCOPE_NAME, self._version, SCHEMA_URL)

    def _new_instruments(self, provider: Any) -> Instruments:
        return Instruments(provider, self._version)

    def _new_logger(self, provider: Any) -> Any:
        return provider.get_logger(SCOPE_NAME, self._version, SCHEMA_URL)


def is_of_api(provider: Any) -> bool:
    """Whether a provider belongs to the API, and so measures nothing by itself."""
    return type(provider).__module__.startswith(OF_API)


def is_proxy(provider: Any) -> bool:
    """Whether a provider only stands for the global one, which may be set later."""
    return is_of_api(provider) and "Proxy" in type(provider).__name__
