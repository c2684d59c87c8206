"""Say in the log which limit has refused a request, and which option raises it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

#: The longest path that is written.
LONGEST_PATH = 200

#: For each field of `ServerLimits` that refuses requests: what is counted, and the option of
#: `pronghorn run` that sets it.
OPTIONS = {
    "request_line": ("bytes of the first line", "--max-request-line"),
    "head": ("bytes of all header fields", "--max-header-size"),
    "header_count": ("header fields", "--max-header-count"),
    "parameters": ("parameters of a query", "--max-parameters"),
    "head_timeout": ("seconds for the head of a request", "--timeout-head"),
    "body_rate": ("bytes of a body per second", "--min-body-rate"),
    "send_timeout": ("seconds in which a client takes nothing", "--timeout-send"),
    "websocket_message": ("bytes of a message", "--ws-max-size"),
    "websocket_ping_timeout": ("seconds for the answer to a ping", "--ws-ping-timeout"),
}

logger = logging.getLogger("pronghorn")


def log_refused(scope: Mapping[str, Any], status: int, limit: str) -> None:
    """Write one warning about a request that is refused.

    Args:
        scope: The request. Its query, which may have secrets, is not written.
        status: The status of the answer, or the code that closes a WebSocket.
        limit: The limit and the options for it, as sentences.
    """
    path = str(scope.get("path", ""))[:LONGEST_PATH]  # Requests that a program makes may lack it.
    method = scope.get("method", "WebSocket")
    logger.warning("%s %r was refused with %d: %s", method, path, status, limit)


def advise(field: str, value: float) -> str:
    """Return a sentence that names a limit of the server and the option that sets it.

    Args:
        field: Its name in `ServerLimits`.
        value: The limit that is in effect.
    """
    what, option = OPTIONS[field]
    return f"The limit is {value:,.10g} {what}: `pronghorn run {option}` sets it."
