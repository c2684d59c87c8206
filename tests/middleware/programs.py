"""Run one program, made of one middleware and one endpoint, on an engine."""

import asyncio
import zlib
from functools import cache
from types import SimpleNamespace
from typing import Any

from tests.middleware.endpoints import add_endpoints


@cache
def built(framework: Any, layers: Any) -> tuple[Any, list[Any]]:
    """One program, and the list in which it writes down what happens."""
    events: list[Any] = []

    def note(*what: Any) -> None:
        events.append(what)

    app = framework.FastAPI()
    add_endpoints(framework, app, note)
    for cls, options in reversed(layers(note)):
        app.add_middleware(cls, **options)
    return app, events


async def answered(framework: Any, layers: Any, method: str, path: str) -> SimpleNamespace:
    """What one program does with one request: its messages and its events, in order."""
    app, events = built(framework, layers)
    events.clear()
    body = b'{"size": 3}' if method == "POST" else b""
    incoming = [{"type": "http.request", "body": body}]
    gone = asyncio.Event()
    found = SimpleNamespace(status=None, headers={}, body=b"", error=None)

    async def receive() -> Any:
        if incoming:
            return incoming.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            found.status, found.headers = message["status"], dict(message["headers"])
            events.append(("sent start",))
            return
        found.body += message.get("body", b"")
        if not message.get("more_body", False):
            events.append(("sent all",))

    try:
        await asyncio.wait_for(app(http_scope(method, path), receive, send), 10)
    except Exception as error:  # noqa: BLE001 - compared
        found.error = repr(error)
    if found.headers.get(b"content-encoding") == b"gzip":
        found.body = zlib.decompressobj(31).decompress(found.body)
        found.headers.pop(b"content-length", None)  # of bytes that contain a time
    found.events = list(events)
    return found


def http_scope(method: str, path: str) -> dict[str, Any]:
    sent = [(b"content-type", b"application/json"), (b"origin", b"https://a.example")]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [*sent, (b"accept-encoding", b"gzip"), (b"host", b"testserver")],
        "client": ("127.0.0.1", 5000),
        "server": ("testserver", 80),
        "root_path": "",
        "state": {},
    }
