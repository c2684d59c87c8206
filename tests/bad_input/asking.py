"""Pass a request to an application as a server does, and collect the response."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.bad_input.attacks import Attack


@dataclass
class Answer:
    """What a server would put on the wire, and the error that it would log."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    error: str | None = None

    def header(self, name: bytes) -> bytes | None:
        return dict(self.headers).get(name)


def ask_all(app: Any, requests: Iterable[Attack]) -> list[Answer]:
    """Every answer of an application, all requests in one event loop."""

    async def run() -> list[Answer]:
        return [await ask(app, request) for request in requests]

    return asyncio.run(run())


async def ask(app: Any, request: Attack) -> Answer:
    """The answer to one request."""
    answer = Answer()
    pending = [{"type": "http.request", "body": request.body, "more_body": False}]
    answered = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if pending:
            return pending.pop()
        await answered.wait()  # A client that left early would break off a stream.
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [(bytes(name), bytes(value)) for name, value in message["headers"]]
        else:
            answer.body += message.get("body", b"")
            if not message.get("more_body"):
                answered.set()

    try:
        await app(scope_of(request), receive, send)
    except Exception as error:  # noqa: BLE001 - every one is reported
        answer.error = type(error).__name__
    return answer


def scope_of(request: Attack) -> dict[str, Any]:
    headers = list(request.headers)
    if not any(name == b"host" for name, _ in headers):
        headers.insert(0, (b"host", b"testserver"))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "root_path": "",
        "method": request.method,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query,
        "headers": headers,
        "state": {},
    }
