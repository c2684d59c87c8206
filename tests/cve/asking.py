"""Send raw requests to an application as a server does, also those that no client library sends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

Headers = Iterable[tuple[str, str]]


class Answer:
    """One response, as a server would put it on the wire."""

    def __init__(self) -> None:
        self.status = 0
        self.pairs: list[tuple[bytes, bytes]] = []
        self.body = b""

    def header(self, name: str) -> str | None:
        found = [value.decode("latin-1") for key, value in self.pairs if key == name.encode()]
        return found[0] if found else None


def ask(
    app: Any,
    path: str,
    *,
    method: str = "GET",
    headers: Headers = (),
    body: bytes = b"",
    query: str = "",
    host: str = "shop.example",
) -> Answer:
    """Return the response to a request; what the application raises comes out, too.

    Args:
        app: The application.
        path: The decoded path.
        method: The method, also one that no client library sends.
        headers: Further headers, in characters of Latin-1.
        body: The body, which arrives in parts of 64 KiB.
        query: The query, without `?`.
        host: The header `Host`.
    """
    pairs = [("host", host), ("content-length", str(len(body))), *headers]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode("latin-1"), v.encode("latin-1")) for name, v in pairs],
        "client": ("203.0.113.9", 5000),
        "server": ("shop.example", 80),
        "state": {},
        "extensions": {},
    }
    return asyncio.run(_run(app, scope, body))


async def _run(app: Any, scope: Any, body: bytes) -> Answer:
    answer = Answer()
    size = 65_536
    parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    answered = asyncio.Event()

    async def receive() -> Any:
        if parts:
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.pairs = message["status"], list(message["headers"])
        elif message["type"] == "http.response.pathsend":
            raise AssertionError("the extension was not offered")
        else:
            answer.body += message.get("body", b"")
            if not message.get("more_body"):
                answered.set()

    await app(scope, receive, send)
    return answer
