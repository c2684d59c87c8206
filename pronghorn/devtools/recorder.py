"""Keep the last requests of a process: what was requested, the response, and the time it took.

The exceptions that left the application are kept as descriptions, which hold no variables.

Only the path is kept. The query, headers and bodies are not, since they may contain passwords and
tokens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter, time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.devtools.failures import Failure, describe_error

__all__ = ["KEPT", "KEPT_FAILURES", "Recorded", "Recorder", "Traceback"]

KEPT = 200
"""The number of requests that are kept."""

KEPT_FAILURES = 20
"""The number of exceptions that are kept."""

_LONGEST_PATH = 300
"""The maximum length of a path in characters; clients choose how long it is."""


class Recorded:
    """One request.

    Attributes:
        method: HTTP method; `WS` for a WebSocket connection.
        path: The path without the query and without the prefix of a proxy.
        started: The time of arrival, in seconds since 1970.
        status: Status code; 101 for an accepted WebSocket connection. None before the response, and
            for a client that left before it.
        seconds: Time until the last byte of the response was passed to the server, or until the
            connection ended; None before that.
        route: The route that was found for it, if any.
    """

    __slots__ = ("_begin", "method", "path", "route", "seconds", "started", "status")

    def __init__(self, method: str, path: str) -> None:
        self.method = method
        self.path = path if len(path) <= _LONGEST_PATH else path[:_LONGEST_PATH] + "…"
        self.started = time()
        self.status: int | None = None
        self.seconds: float | None = None
        self.route: Any = None
        self._begin = perf_counter()

    def note(self, message: Message) -> None:
        """Record the status and the end from a message of the application."""
        kind = message["type"]
        if kind in {"http.response.start", "websocket.http.response.start"}:
            self.status = message["status"]
        elif kind == "websocket.accept":
            self.status = 101
        elif kind == "websocket.close":
            self.status = self.status or 403  # The connection was closed before it was accepted.
        elif kind == "http.response.body" and not message.get("more_body"):
            self.end()

    def end(self) -> None:
        """Record that the response is complete, unless that was recorded before."""
        if self.seconds is None:
            self.seconds = perf_counter() - self._begin


@dataclass(frozen=True)
class Traceback:
    """An exception that left the application.

    Attributes:
        request: The request that it ended.
        raised: The time, in seconds since 1970.
        failure: Its description.
    """

    request: Recorded
    raised: float
    failure: Failure


class Recorder:
    """Records the requests to an application, and the exceptions that leave it.

    Attributes:
        tracebacks: The last exceptions, the newest first.
    """

    def __init__(self) -> None:
        self._kept: deque[Recorded] = deque(maxlen=KEPT)
        self.tracebacks: deque[Traceback] = deque(maxlen=KEPT_FAILURES)

    def __iter__(self) -> Iterator[Recorded]:
        """Yield the last requests, the newest first."""
        return iter(tuple(self._kept))

    async def run(
        self, app: ASGIApp, path: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the application serve one HTTP request or WebSocket connection.

        Args:
            app: The application.
            path: The path to record.
            scope: The ASGI scope.
            receive: The ASGI `receive` of the server.
            send: The ASGI `send` of the server.
        """
        recorded = Recorded(scope.get("method", "WS"), path)
        self._kept.appendleft(recorded)

        async def noting_send(message: Message) -> None:
            # Now, since background tasks may run long after the response.
            recorded.route = scope.get("route")
            await send(message)
            recorded.note(message)

        try:
            await app(scope, receive, noting_send)
        except Exception as error:
            recorded.status = recorded.status or 500  # The server sends this status then.
            recorded.end()  # Reading the source takes time that is not the program's.
            self.tracebacks.appendleft(Traceback(recorded, time(), describe_error(error)))
            raise
        finally:
            recorded.route = scope.get("route")
            recorded.end()
