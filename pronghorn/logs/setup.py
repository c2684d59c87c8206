"""Configure logging in a process for `--log-format`: one handler for the program and the server."""

from __future__ import annotations

import logging
from typing import Any

from pronghorn.logs.access import LOGGER, log_requests

#: The loggers of servers that have handlers of their own; ours replaces them.
OF_SERVERS: tuple[str, ...] = (
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "uvicorn.asgi",
    "_granian",
    "granian",
)
OF_SERVERS += ("_granian.asgi.io", "granian.access")
#: Their lines are replaced by ours; uvicorn writes none if nobody handles them.
ACCESS_LOGS = ("uvicorn.access", "granian.access")


def configure_servers(handler: logging.Handler, level: str, *, lines: bool) -> None:
    """Send what the server logs, and a line for each request, to a handler; never twice.

    Args:
        handler: The handler.
        level: The lowest level of the server's messages, in lower case.
        lines: Log a line for each request.
    """
    number = _number(level)
    for name in OF_SERVERS:
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = name not in ACCESS_LOGS
        logger.disabled = False
    for name in ("uvicorn", "_granian", "granian"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(number)
    LOGGER.handlers[:] = [handler]
    LOGGER.propagate = False
    LOGGER.setLevel(logging.INFO)
    if not _attached:
        log_requests(lines=lines)
        _attached.append(handler)


def enable_again() -> None:
    """Enable the loggers of requests and servers, which a configuration may have disabled.

    `logging.config.dictConfig` disables all loggers that it does not name, by default.
    """
    for name in (*OF_SERVERS, LOGGER.name):
        logging.getLogger(name).disabled = False


_attached: list[Any] = []


def _number(level: str) -> int:
    return logging.DEBUG if level == "trace" else int(logging.getLevelName(level.upper()))
