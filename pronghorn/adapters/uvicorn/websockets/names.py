"""The undocumented names of uvicorn's and websockets' protocols that this adapter uses."""

from __future__ import annotations

from pronghorn.adapters.uvicorn.names import list_names
from pronghorn.core.private_names import has_names

#: Module -> its names, and the attributes of its classes.
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "uvicorn.protocols.websockets.websockets_sansio_impl": {
        "WebSocketsSansIOProtocol": (
            *("app", "close_sent", "close_timeout", "close_timer", "config", "conn"),
            *("data_received", "disconnected", "handle_close", "handle_connect", "handle_events"),
            *("handle_parser_exception", "handle_pong", "handshake_complete"),
            *("handshake_initiated", "keepalive_timeout", "logger", "loop", "ping_timeout"),
            *("pong_timer", "queue", "read_paused", "receive", "resume_writing", "run_asgi"),
            *("send", "shutdown", "send_keepalive_ping", "stop_keepalive", "transport", "writable"),
        ),
    },
    "uvicorn.protocols.utils": {"ClientDisconnected": ()},
    "websockets.streams": {"StreamReader": ("at_eof", "buffer", "read_line")},
    "websockets.protocol": {
        "Protocol": (
            *("close_rcvd", "close_sent", "current_size", "events", "parse", "parser"),
            *("max_message_size", "parser_exc", "reader", "recv_frame", "writes"),
        ),
    },
    "websockets.server": {"ServerProtocol": ("available_extensions", "reject")},
    "websockets.exceptions": {"InvalidState": (), "PayloadTooBig": ()},
    "websockets.frames": {"Frame": (), "Opcode": ()},
    "websockets.http11": {"Request": ()},
}
WITHOUT = "WebSockets are those of uvicorn, whose limits are wider."


def has_all_names() -> bool:
    """Return True if uvicorn and websockets have all of `NAMES`; log a warning otherwise."""
    return all(has_names(module, list_names(module, NAMES), WITHOUT) for module in NAMES)
