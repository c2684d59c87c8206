"""The limits that a server holds for every connection, whatever the program does.

`pronghorn run` keeps them in one variable of the environment, which its workers inherit. A server
that was started otherwise with a class of `pronghorn.adapters` holds the defaults.
"""

from __future__ import annotations

import json
import os
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass
from functools import cache

from pronghorn.core.served import SERVER_LIMITS

__all__ = ["JSON_BODY", "UPLOAD", "ServerLimits", "read_limits", "remember_limits"]

#: The limits of bodies where `pronghorn run` serves, and of hardened applications, in bytes.
JSON_BODY, UPLOAD = 1_048_576, 33_554_432


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Sizes and times that a client must keep to. 0 means no limit.

    Attributes:
        request_line: Bytes of the first line of a request; more is answered with 414.
        head: Bytes of all header fields of a request; more is answered with 431.
        header_count: Number of header fields of a request; more is answered with 431.
        head_timeout: Seconds in which the head of a request has to arrive; then 408.
        body_rate: Bytes of a body that have to arrive in a second, while they are read; fewer are
            answered with 408.
        body_grace: Seconds of a body that may pass before its rate counts.
        send_timeout: Seconds after which a client that takes nothing of a response is cut off.
        parameters: Number of parameters of a query; more is answered with 400.
        json_body: Bytes of a body that is no upload; more is answered with 413.
        upload: Bytes of a body of files or binary data; more is answered with 413.
        websocket_message: Bytes of a WebSocket message, decompressed; more ends it with 1009.
        websocket_queue: WebSocket messages to read ahead of the program; more wait in the client.
        websocket_ping_interval: Seconds between two pings to a WebSocket.
        websocket_ping_timeout: Seconds in which a client has to answer a ping; else it is closed.
        drain: Seconds for which the port stays open after SIGTERM; 0 closes it at once.
    """

    request_line: int = 8192
    head: int = 32_768
    header_count: int = 100
    head_timeout: float = 10.0
    body_rate: int = 240
    body_grace: float = 5.0
    send_timeout: float = 20.0
    parameters: int = 1000
    json_body: int = 0
    upload: int = 0
    websocket_message: int = 1_048_576
    websocket_queue: int = 32
    websocket_ping_interval: float = 20.0
    websocket_ping_timeout: float = 20.0
    drain: float = 5.0


def remember_limits(
    limits: ServerLimits, environment: MutableMapping[str, str] = os.environ
) -> None:
    """Keep limits for this process and those that it starts."""
    environment[SERVER_LIMITS] = json.dumps(asdict(limits))


def read_limits(environment: MutableMapping[str, str] = os.environ) -> ServerLimits:
    """Return the limits that were remembered, else the defaults."""
    return _parse(environment.get(SERVER_LIMITS) or "{}")


@cache
def _parse(text: str) -> ServerLimits:
    return ServerLimits(**json.loads(text))
