"""The limits of WebSockets, from the options of the command line."""

from __future__ import annotations

from dataclasses import replace

from pronghorn.adapters.server_limits import ServerLimits
from pronghorn.cli.serve_options import ServeOptions

__all__ = ["OPTIONS", "with_websockets"]

OPTIONS = {
    "ws_max_size": "websocket_message",
    "ws_max_queue": "websocket_queue",
    "ws_ping_interval": "websocket_ping_interval",
    "ws_ping_timeout": "websocket_ping_timeout",
}
"""The options that are limits, and their fields of `ServerLimits`."""


def with_websockets(limits: ServerLimits, options: ServeOptions) -> ServerLimits:
    """Return limits with those of WebSockets that the options set."""
    values = {field: getattr(options, name) for name, field in OPTIONS.items()}
    return replace(limits, **{name: value for name, value in values.items() if value is not None})
