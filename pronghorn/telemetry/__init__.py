"""Traces, metrics and logs by OpenTelemetry: `FastAPI(telemetry={...})`.

It does nothing until the program sets up a provider, its own or the global one. Then each
request has a server span with spans for its stages inside, two metrics, and a log record if it
is invalid or fails. Names and attributes follow the semantic conventions for HTTP 1.44.0, and are
those of FastAPI where the conventions say nothing, so that dashboards stay as they are.

    config        the options of an application
    providers     the providers in force at this moment
    conventions   from ASGI scopes and errors to the attributes of the conventions
    data          what processors may read, and exporters never send: the request, body, errors
    observation   one request: its spans, metrics and log records
    _asgi         wraps an application and observes its requests
    _runtime      exporters from environment variables, at the start of a lifespan

The package `opentelemetry-api` must be installed: `pip install "pronghorn[opentelemetry]"`.
"""

from __future__ import annotations

from typing import Any

from pronghorn.core.reexports import find_elsewhere
from pronghorn.telemetry.requirement import require_api

require_api()

from pronghorn.telemetry._asgi import NativeTelemetry  # noqa: E402 - needs what was just required
from pronghorn.telemetry.config import TelemetryConfig  # noqa: E402 - likewise
from pronghorn.telemetry.data import TelemetryData, get_telemetry_data  # noqa: E402 - likewise

__all__ = ["TelemetryConfig", "TelemetryData", "get_telemetry_data"]


def around(config: Any) -> NativeTelemetry:
    """Return the layer around an application for these options; see `pronghorn.hooks.Around`.

    Raises:
        SetupError: An option is unknown or cannot work.
    """
    return NativeTelemetry(config)


find_elsewhere(__name__)
