"""Keep the last requests of a process: what was asked, what answered, how long it took.

Kept is the path. The query, headers and bodies are not: passwords and tokens are in there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from time import perf_counter, time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["KEPT", "Recorded", "Recorder"]

KEPT = 200
"""How many requests are kept."""

_LONGEST_PATH = 300
"""Characters of a path that are kept; it is for reading, and clients choose its length."""


class Recorded:
    """One request.

    Attributes:
        method: HTTP method; `WS` for a WebSocket connection.
        path: The path without the query, without the prefix of a proxy.
        started: When it came, in seconds since 1970.
        status: Status code; 101 for an accepted WebSocket connection. None before the answer, and
            for a client that went away before it.
        seconds: Time until the last byte of the answer was handed to the server, or until the
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
        """Read status and end from a message of the application."""
        kind = message["type"]
        if kind in {"http.response.start", "websocket.http.response.start"}:
            self.status = message["status"]
        elif kind == "websocket.accept":
            self.status = 101
        elif kind == "websocket.close":
            self.status = self.status or 403  # Closed before it was accepted.
        elif kind == "http.response.body" and not message.get("more_body"):
            self.end()

    def end(self) -> None:
        """Note that the answer is complete, unless that was noted before."""
        if self.seconds is None:
            self.seconds = perf_counter() - self._begin


class Recorder:
    """Stands around the application and records what goes through."""

    def __init__(self) -> None:
        self._kept: deque[Recorded] = deque(maxlen=KEPT)

    def __iter__(self) -> Iterator[Recorded]:
        """The last requests, the newest first."""
        return iter(tuple(self._kept))

    async def run(
        self, app: ASGIApp, path: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the application answer one HTTP request or WebSocket connection.

        Args:
            app: The application.
            path: The path to record.
            scope: As for an ASGI application, like the others.
            receive: Likewise.
            send: Likewise.
        """
        recorded = Recorded(scope.get("method", "WS"), path)
        self._kept.appendleft(recorded)

        async def noting_send(message: Message) -> None:
            # Now, since background tasks may keep the application long after its answer.
            recorded.route = scope.get("route")
            await send(message)
            recorded.note(message)

        try:
            await app(scope, receive, noting_send)
        except Exception:
            recorded.status = recorded.status or 500  # What the server answers then.
            raise
        finally:
            recorded.route = scope.get("route")
            recorded.end()
