"""A scenario: one application and one request to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# The headers that a browser or an HTTP library sends with every request.
USUAL_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (b"accept", b"application/json, text/plain, */*"),
    (b"accept-language", b"en-GB,en;q=0.7"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"connection", b"keep-alive"),
)


@dataclass(frozen=True)
class Scenario:
    """One application, one request, and the status that both frameworks must return.

    Attributes:
        name: Its name in the table.
        build: Creates the application; called in the worker, once.
        path: The path of the request, unquoted.
        is_routing: Whether the time depends on the number of routes. Those two ratios grow with the
            number of routes, so a second mean leaves them out.
    """

    name: str
    build: Callable[[], Any]
    path: str
    method: str = "GET"
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    status: int = 200
    is_routing: bool = False

    def all_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of the request in the form of a server."""
        headers = [*USUAL_HEADERS, *self.headers]
        if self.body:
            headers.append((b"content-length", str(len(self.body)).encode()))
        return headers

    def scope(self) -> dict[str, Any]:
        """Return a fresh ASGI scope with the keys that uvicorn sets."""
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 51234),
            "scheme": "http",
            "method": self.method,
            "root_path": "",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": self.query,
            "headers": self.all_headers(),
            "state": {},
        }
