"""The limits that a server holds, from the options of the command line."""

from __future__ import annotations

from typing import Any

from pronghorn.adapters.server_limits import JSON_BODY, UPLOAD, ServerLimits
from pronghorn.cli.serve_options import ServeOptions

__all__ = ["DEADLINES", "SIZES", "limits_of"]

#: The field of `ServerLimits` that each option sets: sizes of requests, times, WebSockets.
SIZES = {
    "max_request_line": "request_line",
    "max_header_size": "head",
    "max_header_count": "header_count",
    "max_parameters": "parameters",
    "max_json_size": "json_body",
    "max_upload_size": "upload",
}
DEADLINES = {
    "timeout_head": "head_timeout",
    "timeout_body": "body_grace",
    "min_body_rate": "body_rate",
    "timeout_send": "send_timeout",
}
WEBSOCKETS = {
    "ws_max_size": "websocket_message",
    "ws_max_queue": "websocket_queue",
    "ws_ping_interval": "websocket_ping_interval",
    "ws_ping_timeout": "websocket_ping_timeout",
}
FIELDS = {**SIZES, **DEADLINES, **WEBSOCKETS, "drain": "drain"}


def limits_of(options: ServeOptions) -> ServerLimits:
    """Return the limits that a server with these options holds; absent options have defaults."""
    given = {field: getattr(options, option) for option, field in FIELDS.items()}
    limits: dict[str, Any] = {"json_body": JSON_BODY, "upload": UPLOAD}
    limits |= {field: value for field, value in given.items() if value is not None}
    return ServerLimits(**limits)
