"""The options of telemetry: `FastAPI(telemetry={"operation_spans": False})`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypedDict

from opentelemetry._logs import LoggerProvider
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider
from starlette.types import Scope

from pronghorn.core.setup_errors import did_you_mean, setup_error
from pronghorn.hooks import AUTO_CONFIGURE


class TelemetryConfig(TypedDict, total=False):
    """The option `telemetry` of an application. It is copied when the application is created."""

    tracer_provider: TracerProvider | None
    """Creates spans; `None` for the global provider of the moment."""
    meter_provider: MeterProvider | None
    """Creates metrics; `None` for the global provider of the moment."""
    logger_provider: LoggerProvider | None
    """Creates log records; `None` for the global provider of the moment."""
    tracing: bool
    """Whether requests and WebSocket connections have spans; `True` by default."""
    metrics: bool
    """Whether the duration and the number of requests are measured; `True` by default."""
    logs: bool
    """Whether invalid requests and unhandled exceptions are recorded, the latter with their message
    and traceback; `True` by default.
    """
    operation_spans: bool
    """Whether dependencies, endpoint, serialization and background tasks have spans of their own;
    `True` by default.
    """
    auto_configure: bool
    """Whether exporters are created from the `OTEL_*` environment variables when the lifespan
    begins. By default only if `FASTAPI_OTEL_AUTO_CONFIGURE` is `true`.
    """
    exclude: Callable[[Scope], bool] | None
    """Called with the ASGI scope; a request for which it returns `True` is not observed."""


@dataclass(frozen=True)
class Settings:
    """The options with all defaults filled in."""

    tracer_provider: TracerProvider | None = None
    meter_provider: MeterProvider | None = None
    logger_provider: LoggerProvider | None = None
    tracing: bool = True
    metrics: bool = True
    logs: bool = True
    operation_spans: bool = True
    auto_configure: bool | None = None
    exclude: Callable[[Scope], bool] | None = None

    @property
    def configures_itself(self) -> bool:
        """Return True if exporters are created from environment variables."""
        if self.auto_configure is not None:
            return self.auto_configure
        return os.environ.get(AUTO_CONFIGURE, "").lower() == "true"


#: option -> the method that its value must have
REQUIRED_METHOD = {
    "tracer_provider": "get_tracer",
    "meter_provider": "get_meter",
    "logger_provider": "get_logger",
    "exclude": "__call__",
}


def settings_of(config: Any) -> Settings:
    """Check the options of an application.

    Raises:
        SetupError: They are not a dictionary, one is unknown, or a value is invalid.
    """
    if not isinstance(config, Mapping):
        raise setup_error(
            f"FastAPI(telemetry={config!r}) is not a dictionary of options",
            write='FastAPI(telemetry={"operation_spans": False})',
        )
    known = [field.name for field in fields(Settings)]
    for name, value in config.items():
        if name not in known:
            _refuse_unknown(str(name), known)
        method = REQUIRED_METHOD.get(name, "__class__")
        if value is not None and not hasattr(value, method):
            raise setup_error(
                f"The telemetry option {name!r} is {value!r}, which has no {method}()",
                "a provider of the OpenTelemetry SDK, or a function for 'exclude'",
                f'FastAPI(telemetry={{"{name}": ...}})',
            )
    return Settings(**config)


def _refuse_unknown(name: str, known: list[str]) -> None:
    nearest = did_you_mean(name, known)
    raise setup_error(
        f"Unknown telemetry option {name!r}",
        f"{nearest!r}" if nearest else None,
        "one of " + ", ".join(known),
    )
