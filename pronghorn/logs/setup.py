"""Configure logging in a process for `--log-format`: one handler for the program and the server."""

from __future__ import annotations

import logging

from pronghorn.hooks import OBSERVERS
from pronghorn.logs.access import LOGGER, RequestLog, log_requests

#: The loggers of servers that get our handler, each with the children that have their own.
OF_SERVERS = {
    "uvicorn": ("error", "asgi", "access"),
    "_granian": ("asgi.io",),
    "granian": ("access",),
}


def configure_servers(handler: logging.Handler, level: str, *, lines: bool) -> None:
    """Send what the server logs, and a line for each request, to a handler; never twice.

    Args:
        handler: The handler.
        level: The lowest level of the server's messages, in lower case.
        lines: Log a line for each request.
    """
    number = _number(level)
    for name, children in OF_SERVERS.items():
        server = logging.getLogger(name)
        server.handlers[:] = [handler]
        server.propagate = False
        server.setLevel(number)
        for child in map(server.getChild, children):
            child.handlers[:] = []
            # Our lines replace those; uvicorn writes none if nobody handles them.
            child.propagate = not child.name.endswith("access")
    enable_again()
    LOGGER.handlers[:] = [handler]
    LOGGER.propagate = False
    LOGGER.setLevel(logging.INFO)
    if not any(isinstance(observer, RequestLog) for observer in OBSERVERS):
        log_requests(lines=lines)  # The program may have done so with other options.


def enable_again() -> None:
    """Enable the loggers of requests and servers, which a configuration may have disabled.

    `logging.config.dictConfig` disables all loggers that it does not name, by default.
    """
    LOGGER.disabled = False
    for name, children in OF_SERVERS.items():
        server = logging.getLogger(name)
        for logger in (server, *map(server.getChild, children)):
            logger.disabled = False


def _number(level: str) -> int:
    return logging.DEBUG if level == "trace" else int(logging.getLevelName(level.upper()))
