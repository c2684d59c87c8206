"""Which providers are in force: asked at every request, since a program may set one at any time."""

from __future__ import annotations

import os
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


class GlobalProvider:
    """Asks the API for one of its global providers.

    The API looks into the environment each time it is asked while none is set, which takes longer
    than to answer a request. So we look at its own variable first, and ask only where that is
    set, unknown, or does not count: the function was replaced, or the environment names a
    provider.

    - `api`: the module with the function to ask.
    - `name`: "tracer", "meter" or "logger".
    """

    def __init__(self, api: Any, name: str) -> None:
        self._api = api
        self._function_name = f"get_{name}_provider"
        self._variable = f"_{name.upper()}_PROVIDER"
        self._function = getattr(api, self._function_name)
        self._variables: dict[str, Any] = getattr(self._function, "__globals__", {})
        self._is_named = f"OTEL_PYTHON_{name.upper()}_PROVIDER" in os.environ

    def get(self) -> Any:
        """The provider, or a proxy for it; None if it is known that none is set."""
        function = getattr(self._api, self._function_name)
        if (
            function is self._function
            and not self._is_named
            and self._variables.get(self._variable, self) is None
        ):
            return None
        return function()


class Signals:
    """What an application measures with.

    What a provider makes is kept as long as the provider stays the same: making a tracer is slow,
    and resets what Python's warnings remember.
    """

    def __init__(self, settings: Settings) -> None:
        from pronghorn import FASTAPI_VERSION

        self._settings = settings
        self._version = FASTAPI_VERSION
        self._global_tracer = GlobalProvider(trace, "tracer")
        self._global_meter = GlobalProvider(metrics, "meter")
        self._global_logger = GlobalProvider(_logs, "logger")
        self._made: dict[str, tuple[Any, Any]] = {}

    def tracer(self) -> Tracer | None:
        """Makes spans; None if nobody wants any."""
        if not self._settings.tracing:
            return None
        given = self._settings.tracer_provider
        if given is None or is_proxy(given):
            given = self._global_tracer.get()
        tracer: Tracer | None = self._kept(given, self._new_tracer, "tracer")
        return tracer

    def instruments(self) -> Instruments | None:
        """Measures requests; None if nobody wants that."""
        if not self._settings.metrics:
            return None
        given = self._settings.meter_provider
        if given is None or is_proxy(given):
            given = self._global_meter.get()
        instruments: Instruments | None = self._kept(given, self._new_instruments, "instruments")
        return instruments

    def logger(self) -> Logger | None:
        """Makes log records; None if nobody wants any."""
        if not self._settings.logs:
            return None
        given = self._settings.logger_provider
        if given is None or is_proxy(given):
            given = self._global_logger.get()
        logger: Logger | None = self._kept(given, self._new_logger, "logger")
        return logger

    def _kept(self, provider: Any, make: Any, name: str) -> Any:
        if provider is None or is_of_api(provider):
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
