"""Exporters from environment variables: set up when a lifespan begins, flushed when it ends.

Only a lifespan starts them, so importing a module or creating an application starts no threads, and
a server may fork in between. They belong to the process: several applications, and consecutive
lifespans, share them until the process ends.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import Any, Protocol
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.core.reexports import find_elsewhere
from pronghorn.exceptions import FastAPIError
from pronghorn.logger import logger
from pronghorn.telemetry.config import settings_of
from pronghorn.telemetry.exporters import SIGNALS, Signal
from pronghorn.telemetry.providers import is_of_api, is_proxy

#: The types of the last message of an application. All data is exported before it is sent.
LAST_MESSAGES = frozenset(
    ("lifespan.startup.failed", "lifespan.shutdown.failed", "lifespan.shutdown.complete")
)


class Component(Protocol):
    """A processor or reader with an exporter behind it, or a provider with those."""

    def force_flush(self) -> Any:
        """Export the waiting data; this may block for seconds."""

    def shutdown(self) -> Any:
        """Export the waiting data, and stop."""


_lock = threading.Lock()
#: The components that we created and must stop.
_owned: list[Component] = []
#: (signal, provider) for every provider that already exports.
_configured: list[tuple[str, Any]] = []


async def lifespan(
    *, config: Any, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """Run the lifespan of an application between setting up and flushing.

    A mistake in the environment is a warning: it must not keep a service from starting.

    Args:
        config: The option `telemetry` of the application.
        app: The application inside.
        scope: The ASGI scope of the lifespan.
        receive: The ASGI `receive` of the server.
        send: The ASGI `send` of the server.
    """
    if settings_of(config).configures_itself:
        try:
            await run_sync(_configure_from_environment, config)
        except Exception as error:  # noqa: BLE001 - whatever it is, the service is worth more
            logger.warning("FastAPI telemetry auto_configure failed: %s", error)

    async def send_flushed(message: Message) -> None:
        if message["type"] in LAST_MESSAGES and _owned:
            await run_sync(_flush)
        await send(message)

    await app(scope, receive, send_flushed)


def _configure_from_environment(config: Any) -> None:
    """Create an exporter for each signal that has an endpoint.

    All variables are checked before anything is set up.

    Raises:
        FastAPIError: A variable is invalid, a package is missing, or a provider does not accept
            exporters.
    """
    settings = settings_of(config)
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    endpoints = {signal: _export_endpoint(signal.variable) for signal in SIGNALS}
    with _lock:
        for signal, endpoint in endpoints.items():
            if endpoint is not None:
                _configure(signal, endpoint, getattr(settings, signal.option))


def _export_endpoint(signal: str) -> str | None:
    """Return the URL to which a signal is sent; None if it is not sent.

    Args:
        signal: "TRACES", "METRICS" or "LOGS".

    Raises:
        FastAPIError: A variable is invalid.
    """
    own_endpoint = os.environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    shared_endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    exporter = os.environ.get(f"OTEL_{signal}_EXPORTER") or "otlp"
    if exporter == "none" or not (own_endpoint or shared_endpoint):
        return None
    if exporter != "otlp":
        raise FastAPIError(f"OTEL_{signal}_EXPORTER must be otlp or none, and is {exporter!r}")
    protocol = (
        os.environ.get(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL")
        or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
        or "http/protobuf"
    )
    if protocol != "http/protobuf":
        raise FastAPIError(
            f"The OTLP protocol for {signal.lower()} must be http/protobuf, and is {protocol!r}"
        )
    endpoint = own_endpoint or f"{str(shared_endpoint).rstrip('/')}/v1/{signal.lower()}"
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise FastAPIError(
            f"The OTLP endpoint for {signal.lower()} must be an absolute HTTP URL, and is "
            f"{own_endpoint or shared_endpoint!r}"
        )
    return endpoint


def _configure(signal: Signal, endpoint: str, given: Any) -> None:
    """Make the provider of one signal export; a provider that already does stays unchanged."""
    provider = signal.current() if given is None or is_proxy(given) else given
    if is_proxy(provider):
        provider = _new_global_provider(signal)
    provider = _registration_provider(provider)
    if any(known is provider for name, known in _configured if name == signal.variable):
        return
    add = getattr(provider, signal.add_method, None)
    if add is None or is_of_api(provider):
        raise FastAPIError(
            f"{type(provider).__name__} does not support adding an OTLP exporter; give another "
            f"{signal.option}, or auto_configure=False"
        )
    component = signal.new_component(endpoint)
    try:
        add(component)
    except Exception:
        component.shutdown()
        raise
    if not _owned:
        atexit.register(_shutdown)
    _owned.append(component)
    _configured.append((signal.variable, provider))


def _new_global_provider(signal: Signal) -> Any:
    """Set a global provider unless another one is set first. Returns the one that is set."""
    made = signal.new_provider()
    signal.set_current(made)
    current = signal.current()
    if current is not made:
        made.shutdown()
    return current


def _registration_provider(provider: Any) -> Any:
    """Return the provider to which a metric reader can be added: the inner one of a wrapper."""
    if hasattr(provider, "add_metric_reader"):
        return provider
    return getattr(provider, "provider", provider)


def _flush() -> None:
    """Export the waiting data."""
    for component in tuple(_owned):
        try:
            component.force_flush()
        except Exception:  # noqa: BLE001 - the others must be flushed too
            logger.exception("FastAPI telemetry cleanup failed")


def _shutdown() -> None:
    """Stop the components that we created; those of others stay as they are."""
    with _lock:
        components = list(_owned)
        _owned.clear()
        _configured.clear()
    for component in components:
        try:
            component.shutdown()
        except Exception:  # noqa: BLE001 - the others must be stopped too
            logger.exception("FastAPI telemetry cleanup failed")


find_elsewhere(__name__)
