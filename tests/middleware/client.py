"""A client that receives each message of an application as soon as it is sent."""

import asyncio
from typing import Any

from tests.middleware.programs import http_scope


class Client:
    """Sends one request and keeps what comes back, message by message."""

    def __init__(self, app: Any, path: str = "/") -> None:
        self.app, self.path = app, path
        self.messages: list[Any] = []
        self.changed = asyncio.Event()
        self.gone = asyncio.Event()
        self.incoming = [{"type": "http.request", "body": b""}]

    async def receive(self) -> Any:
        if self.incoming:
            return self.incoming.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.messages.append(message)
        self.changed.set()

    async def run(self) -> "Client":
        await self.app(http_scope("GET", self.path), self.receive, self.send)
        return self

    async def until(self, count: int) -> None:
        """Wait until so many messages have come."""
        while len(self.messages) < count:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 5)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])
