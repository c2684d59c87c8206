"""The undocumented names of uvicorn's httptools protocol that this adapter uses."""

from __future__ import annotations

from collections.abc import Mapping

from pronghorn.core.private_names import has_names

PROTOCOL = "HttpToolsProtocol"
CYCLE = "RequestResponseCycle"
#: Module -> its names, and the attributes of its classes.
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "uvicorn.protocols.http.httptools_impl": {
        "STATUS_LINE": (),
        PROTOCOL: (
            *("_should_upgrade", "_start_asgi_task", "_unset_keepalive_if_required"),
            *("_unsupported_upgrade_warning", "access_log", "access_logger", "app", "app_state"),
            *("client", "config", "connection_lost", "connection_made", "connections", "cycle"),
            *("data_received", "eof_received", "expect_100_continue", "flow"),
            *("handle_websocket_upgrade", "headers", "limit_concurrency", "logger", "loop"),
            *("on_body", "on_header", "on_headers_complete", "on_message_begin", "on_url"),
            *("on_message_complete", "on_response_complete", "parser", "pipeline", "root_path"),
            *("scheme", "scope", "server", "server_state", "shutdown"),
            *("pause_writing", "resume_writing", "tasks", "timeout_keep_alive", "transport", "url"),
        ),
        CYCLE: (
            *("access_log", "access_logger", "body", "chunked_encoding", "default_headers"),
            *("disconnected", "expected_content_length", "flow", "keep_alive", "logger"),
            *("message_event", "more_body", "on_response", "receive", "response_complete"),
            *("response_started", "scope", "send", "send_500_response", "transport"),
            "waiting_for_100_continue",
        ),
    },
    "uvicorn.protocols.http.flow_control": {
        "HIGH_WATER_LIMIT": (),
        "FlowControl": (
            *("_transport", "drain", "pause_reading", "pause_writing", "read_paused"),
            *("resume_reading", "resume_writing", "write_paused"),
        ),
    },
    "uvicorn.protocols.utils": {"get_client_addr": (), "get_path_with_query_string": ()},
    "uvicorn.middleware.proxy_headers": {"ProxyHeadersMiddleware": ("trusted_hosts",)},
    "uvicorn.server": {
        "ServerState": ("connections", "default_headers", "tasks", "total_requests"),
    },
}
WITHOUT = "Requests go through ASGI messages, which is slower."


def has_all_names() -> bool:
    """Return True if this uvicorn has all of `NAMES`; log a warning otherwise."""
    return all(has_names(module, list_names(module), WITHOUT) for module in NAMES)


def list_names(
    module: str, names: Mapping[str, Mapping[str, tuple[str, ...]]] = NAMES
) -> list[str]:
    """Return the names of a module and of the attributes of its classes."""
    dotted = []
    for name, attributes in names[module].items():
        dotted += [name, *(f"{name}.{attribute}" for attribute in attributes)]
    return dotted
