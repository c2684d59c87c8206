"""Send the same bytes to an application, and keep everything that comes back."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any

from tests.differential.engines import Engine, Program


@dataclasses.dataclass(frozen=True)
class Request:
    """One HTTP request as a server hands it on.

    Args:
        path: As on the wire, percent-encoded.
        chunks: The body, in the pieces in which it arrives.
    """

    method: str
    path: bytes
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    chunks: tuple[bytes, ...] = (b"",)

    def scope(self) -> dict[str, Any]:
        """The ASGI scope, with the path decoded as uvicorn decodes it."""
        from urllib.parse import unquote

        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("testserver", 80),
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
            "root_path": "",
            "method": self.method,
            "path": unquote(self.path.decode("ascii")),
            "raw_path": self.path,
            "query_string": self.query,
            "headers": [(b"host", b"testserver"), *self.headers],
            "state": {},
        }


@dataclasses.dataclass
class Answer:
    """All that an observer of a program sees of one request."""

    status: int | None = None
    headers: list[tuple[bytes, bytes]] = dataclasses.field(default_factory=list)
    body: bytes = b""
    error: str | None = None
    trace: list[Any] = dataclasses.field(default_factory=list)


class Client:
    """Asks programs, all in one event loop."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def close(self) -> None:
        self._runner.close()

    def ask(self, program: Program, request: Request) -> Answer:
        """The answer of a program to a request."""
        program.trace.take()
        with program.active():
            answer = self._runner.run(_exchange(program.app, request))
        answer.trace = program.trace.take()
        return answer


async def _exchange(app: Any, request: Request) -> Answer:
    answer = Answer()
    pending = [
        {"type": "http.request", "body": chunk, "more_body": index + 1 < len(request.chunks)}
        for index, chunk in enumerate(request.chunks)
    ]

    async def receive() -> dict[str, Any]:
        if pending:
            return pending.pop(0)
        await asyncio.sleep(3600)  # the client stays, and says nothing more
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [(bytes(key), bytes(value)) for key, value in message["headers"]]
        else:
            answer.body += message.get("body", b"")

    try:
        await asyncio.wait_for(app(request.scope(), receive, send), 30)
    except Exception as error:  # noqa: BLE001 - it is compared
        while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]  # Pronghorn has no task group around a stream.
        answer.error = f"{type(error).__name__}: {error}"
    return answer


def document(program: Program) -> str:
    """The OpenAPI document as text, or the error that comes instead of it."""
    with program.active():
        try:
            return json.dumps(program.app.openapi(), indent=1, ensure_ascii=True)
        except Exception as error:  # noqa: BLE001 - it is compared
            return f"{type(error).__name__}: {error}"


def build(source: str, engine: Engine) -> Program | Exception:
    """Read a program; an error that it raises is the result."""
    try:
        return Program(source, engine)
    except Exception as error:  # noqa: BLE001 - it is compared
        return error
