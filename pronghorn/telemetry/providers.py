"""The providers in force. They are looked up for each request, since a program may set one at any
time.
"""

from __future__ import annotations

import os
from typing import Any

from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import Logger
from opentelemetry.trace import Tracer

from pronghorn.telemetry.config import Settings

#: The name and the schema of all measurements, as in FastAPI.
SCOPE_NAME = "fastapi"
SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"
#: The modules of the API. Their providers record nothing: each is a proxy until a program sets a
#: provider, or does nothing.
OF_API = ("opentelemetry.trace", "opentelemetry.metrics", "opentelemetry._logs")
#: Seconds; the buckets that the conventions recommend.
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
    """Looks up one of the global providers of the API.

    While no provider is set, the API reads the environment at each call, which takes longer than
    serving a request. So this class first reads the API's own variable. It calls the API only if
    that variable is set or unknown, or if it does not count because the function was replaced or
    the environment names a provider.

    Args:
        api: The module with the function to call.
        name: "tracer", "meter" or "logger".
    """

    def __init__(self, api: Any, name: str) -> None:
        self._api = api
        self._function_name = f"get_{name}_provider"
        self._variable = f"_{name.upper()}_PROVIDER"
        self._function = getattr(api, self._function_name)
        self._variables: dict[str, Any] = getattr(self._function, "__globals__", {})
        self._is_named = f"OTEL_PYTHON_{name.upper()}_PROVIDER" in os.environ

    def is_unset(self) -> bool:
        """Return True if it is known that no provider is set."""
        return (
            getattr(self._api, self._function_name) is self._function
            and not self._is_named
            and self._variables.get(self._variable, self) is None
        )

    def get(self) -> Any:
        """Return the provider, or a proxy for it; None if it is known that none is set."""
        return None if self.is_unset() else getattr(self._api, self._function_name)()


class Signals:
    """The instruments of an application.

    Whatever a provider creates is kept as long as the provider stays the same: creating a tracer is
    slow, and resets the registry of Python's warnings.
    """

    def __init__(self, settings: Settings) -> None:
        from pronghorn import FASTAPI_VERSION

        self._settings = settings
        self._version = FASTAPI_VERSION
        self._global_tracer = GlobalProvider(trace, "tracer")
        self._global_meter = GlobalProvider(metrics, "meter")
        self._global_logger = GlobalProvider(_logs, "logger")
        self._made: dict[str, tuple[Any, Any]] = {}
        given = (settings.tracer_provider, settings.meter_provider, settings.logger_provider)
        self._is_global = all(one is None or is_proxy(one) for one in given)

    def are_off(self) -> bool:
        """Return True if it is known that no provider is set, as in most programs."""
        return (
            self._is_global
            and self._global_tracer.is_unset()
            and self._global_meter.is_unset()
            and self._global_logger.is_unset()
        )

    def tracer(self) -> Tracer | None:
        """Return what creates spans; None if spans are not wanted."""
        if not self._settings.tracing:
            return None
        given = self._settings.tracer_provider
        if given is None or is_proxy(given):
            given = self._global_tracer.get()
        tracer: Tracer | None = self._make_once(given, self._new_tracer, "tracer")
        return tracer

    def instruments(self) -> Instruments | None:
        """Return what measures requests; None if metrics are not wanted."""
        if not self._settings.metrics:
            return None
        given = self._settings.meter_provider
        if given is None or is_proxy(given):
            given = self._global_meter.get()
        instruments: Instruments | None = self._make_once(
            given, self._new_instruments, "instruments"
        )
        return instruments

    def logger(self) -> Logger | None:
        """Return what creates log records; None if logs are not wanted."""
        if not self._settings.logs:
            return None
        given = self._settings.logger_provider
        if given is None or is_proxy(given):
            given = self._global_logger.get()
        logger: Logger | None = self._make_once(given, self._new_logger, "logger")
        return logger

    def _make_once(self, provider: Any, make: Any, name: str) -> Any:
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
    """Return True if a provider belongs to the API, and so measures nothing itself."""
    return type(provider).__module__.startswith(OF_API)


def is_proxy(provider: Any) -> bool:
    """Return True if a provider only represents the global one, which may be set later."""
    return is_of_api(provider) and "Proxy" in type(provider).__name__
