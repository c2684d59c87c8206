"""ASGI's WebSocket messages over RSGI's connection objects."""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp, Message, Scope

CLOSE, BYTES = 0, 1
#: RSGI tells that a connection was closed, but not how: "no status received" (RFC 6455, 7.4.1).
UNKNOWN_CODE = 1005


async def serve_websocket(app: ASGIApp, scope: Scope, protocol: Any) -> None:
    """Let an ASGI application serve one WebSocket connection."""
    connection = WebSocketConnection(protocol)
    try:
        await app(scope, connection.receive, connection.send)
    except BaseException:
        connection.close(500)
        raise
    connection.close(500)


class WebSocketConnection:
    """The `receive` and `send` of one connection."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._transport: Any = None
        self._connected = False
        self._closed = False
        self._refusal: int | None = None

    async def receive(self) -> Message:
        """The next message of the client."""
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        if self._transport is None or self._closed:
            return {"type": "websocket.disconnect", "code": UNKNOWN_CODE}
        try:
            message = await self._transport.receive()
        except RuntimeError:  # RSGIProtocolClosed
            message = None
        if message is None or message.kind == CLOSE:
            self._closed = True
            return {"type": "websocket.disconnect", "code": UNKNOWN_CODE, "reason": ""}
        if message.kind == BYTES:
            return {"type": "websocket.receive", "bytes": message.data}
        return {"type": "websocket.receive", "text": message.data}

    async def send(self, message: Message) -> None:
        """Send one ASGI message."""
        kind = message["type"]
        if kind == "websocket.accept":
            self._transport = await self._protocol.accept()
        elif kind == "websocket.send":
            await self._send_data(message)
        elif kind == "websocket.close":
            self.close(403)
        elif kind == "websocket.http.response.start":
            self._refusal = message["status"]
        elif kind == "websocket.http.response.body" and not message.get("more_body", False):
            self.close(self._refusal or 403)

    async def _send_data(self, message: Message) -> None:
        if self._transport is None or self._closed:
            raise RuntimeError("Nothing can be sent before `accept` or after the end.")
        text = message.get("text")
        try:
            if text is not None:
                await self._transport.send_str(text)
            else:
                await self._transport.send_bytes(message["bytes"])
        except RuntimeError as error:  # RSGIProtocolClosed
            self._closed = True
            raise OSError("The client has left.") from error

    def close(self, refusal: int) -> None:
        """Close the connection; refuse it with a status if it was never accepted."""
        if self._closed:
            return
        self._closed = True
        self._protocol.close(None if self._transport is not None else refusal)
        self._transport = None
