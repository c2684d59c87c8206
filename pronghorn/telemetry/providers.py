"""The providers in force. They are looked up for each request, since a program may set one at any
time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
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
#: The module of the SDK's samplers.
SAMPLERS = "opentelemetry.sdk.trace.sampling"
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


class InForce:
    """The objects that the providers of the moment have made for an application.

    Attributes:
        tracer: Creates spans; None if spans are not wanted.
        instruments: Measure requests; None if metrics are not wanted.
        logger: Creates log records; None if logs are not wanted.
        drops_inside: True if the sampler drops every span inside one that it has dropped.
        sees_connections: False if only requests are measured, and no WebSocket connections.
    """

    __slots__ = ("drops_inside", "instruments", "logger", "sees_connections", "tracer")

    def __init__(
        self, tracer: Tracer | None, instruments: Instruments | None, logger: Logger | None
    ) -> None:
        self.tracer = tracer
        self.instruments = instruments
        self.logger = logger
        self.drops_inside = drops_inside(tracer)
        self.sees_connections = tracer is not None or logger is not None


def drops_inside(tracer: Any) -> bool:
    """Return True if a tracer is known to drop every span inside one that it has dropped.

    The sampler says so in its description, which the specification defines. Only those of the SDK
    count: what another one would decide is not known before it is asked.
    """
    sampler: Any = getattr(tracer, "sampler", None)
    if type(sampler).__module__ != SAMPLERS:
        return False
    description: str = sampler.get_description()
    by_parent = "localParentNotSampled:AlwaysOffSampler}"
    return description.startswith(("AlwaysOff", "TraceIdRatioBased{")) or description.endswith(
        by_parent
    )


class GlobalProvider:
    """Looks up one of the global providers of the API.

    While no provider is set, the API reads the environment at each call, which takes longer than
    serving a request. So this class reads the API's own variable. It calls the API only if that
    variable is unknown, or if it does not count because the function was replaced or the
    environment names a provider.

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

    def get(self) -> Any:
        """Return the provider, or a proxy for it; None if it is known that none is set."""
        function = getattr(self._api, self._function_name)
        if function is self._function and not self._is_named:
            found = self._variables.get(self._variable, self)
            if found is not self:
                return found
        return function()


class Signals:
    """Looks up for an application what measures its requests.

    Whatever a provider creates is kept as long as the provider stays the same: creating a tracer is
    slow, and resets the registry of Python's warnings.
    """

    def __init__(self, settings: Settings) -> None:
        from pronghorn import FASTAPI_VERSION

        self._version = FASTAPI_VERSION
        self._tracers = _getter(settings.tracing, settings.tracer_provider, trace, "tracer")
        self._meters = _getter(settings.metrics, settings.meter_provider, metrics, "meter")
        self._loggers = _getter(settings.logs, settings.logger_provider, _logs, "logger")
        self._made: dict[str, tuple[Any, Any]] = {}
        #: The providers of the last request, and what they have made.
        self._known: tuple[Any, Any, Any, InForce | None] = (None, None, None, None)

    def in_force(self) -> InForce | None:
        """Return what measures requests at this moment; None in most programs: nothing does."""
        tracers = self._tracers()
        meters = self._meters()
        loggers = self._loggers()
        known = self._known
        if tracers is known[0] and meters is known[1] and loggers is known[2]:
            return known[3]
        found = self._make(tracers, meters, loggers)
        self._known = (tracers, meters, loggers, found)
        return found

    def _make(self, tracers: Any, meters: Any, loggers: Any) -> InForce | None:
        tracer = instruments = logger = None
        if not _is_none(tracers):
            tracer = self._once("tracer", tracers, self._new_tracer)
        if not _is_none(meters):
            instruments = self._once("instruments", meters, self._new_instruments)
        if not _is_none(loggers):
            logger = self._once("logger", loggers, self._new_logger)
        if tracer is None and instruments is None and logger is None:
            return None
        return InForce(tracer, instruments, logger)

    def _once(self, name: str, provider: Any, make: Callable[[Any], Any]) -> Any:
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


def _getter(wanted: bool, given: Any, api: Any, name: str) -> Callable[[], Any]:
    """Return the function that returns the provider of one signal.

    Args:
        wanted: Whether the application wants the signal.
        given: The provider of the application; a global one if None, or if a proxy.
        api: The module of the signal.
        name: "tracer", "meter" or "logger".
    """
    if not wanted:
        given = None
    elif given is None or is_proxy(given):
        return GlobalProvider(api, name).get
    return lambda: given


def _is_none(provider: Any) -> bool:
    return provider is None or is_of_api(provider)


def is_of_api(provider: Any) -> bool:
    """Return True if a provider belongs to the API, and so measures nothing itself."""
    return type(provider).__module__.startswith(OF_API)


def is_proxy(provider: Any) -> bool:
    """Return True if a provider only represents the global one, which may be set later."""
    return is_of_api(provider) and "Proxy" in type(provider).__name__
