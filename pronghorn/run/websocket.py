"""Starlette's WebSocket with a short way for messages of an open connection.

Starlette passes each message through three methods that look at its type and at both states.
Between `accept` and the end of a connection there is one case, written here in place. An object
whose `receive` or `send` a program has replaced goes Starlette's way.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from starlette.status import WS_1011_INTERNAL_ERROR
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pronghorn.core.monkeypatches import is_replaced
from pronghorn.core.private_names import has_names
from pronghorn.utils import name_as

CONNECTED = WebSocketState.CONNECTED


@name_as(WebSocket)
class OpenWebSocket(WebSocket):
    """A connection; whatever is not an ordinary message is left to Starlette."""

    async def _receive_one(self, kind: str) -> Any:
        message = await self._receive()
        if message["type"] == "websocket.receive":
            return message[kind]
        # As Starlette's `receive`, which has not seen this message.
        if message["type"] != "websocket.disconnect":
            raise RuntimeError(
                'Expected ASGI message "websocket.receive" or "websocket.disconnect", but got '
                f"{message['type']!r}"
            )
        self.client_state = WebSocketState.DISCONNECTED
        raise WebSocketDisconnect(message["code"], message.get("reason"))

    async def receive_text(self) -> str:
        """Wait for the next message, which must be text."""
        if (
            not (self.client_state is self.application_state is CONNECTED)
            or "receive" in self.__dict__
        ):
            return await super().receive_text()
        text: str = await self._receive_one("text")
        return text

    async def receive_bytes(self) -> bytes:
        """Wait for the next message, which must be binary."""
        if (
            not (self.client_state is self.application_state is CONNECTED)
            or "receive" in self.__dict__
        ):
            return await super().receive_bytes()
        data: bytes = await self._receive_one("bytes")
        return data

    async def send_text(self, data: str) -> None:
        """Send a message of text."""
        if (
            not (self.client_state is self.application_state is CONNECTED)
            or "send" in self.__dict__
        ):
            await super().send_text(data)
            return
        try:
            await self._send({"type": "websocket.send", "text": data})
        except OSError as error:
            self.application_state = WebSocketState.DISCONNECTED
            raise WebSocketDisconnect(code=1006) from error

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        if (
            not (self.client_state is self.application_state is CONNECTED)
            or "send" in self.__dict__
        ):
            await super().send_bytes(data)
            return
        try:
            await self._send({"type": "websocket.send", "bytes": data})
        except OSError as error:
            self.application_state = WebSocketState.DISCONNECTED
            raise WebSocketDisconnect(code=1006) from error


_HAS_NAMES = has_names(
    "starlette.websockets",
    ("WebSocket._receive", "WebSocket._send"),
    "Messages of WebSocket connections are slower.",
)
#: Where the outermost application keeps, in the scope, the connections that were made of it.
CONNECTIONS = "pronghorn.websockets"


def websocket_of(scope: Scope, receive: Receive, send: Send) -> WebSocket:
    """A connection in the short way; in Starlette's where a library has replaced a method."""
    kind = OpenWebSocket if _HAS_NAMES and not is_replaced(WebSocket) else WebSocket
    connection = kind(scope, receive, send)
    scope.get(CONNECTIONS, []).append(connection)
    return connection


async def serve_to_the_end(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let the outermost application serve a connection, and close what it has left open.

    The code is 1011 (RFC 6455, section 7.4.1): clients that come back unless they were sent away
    still do so. Servers break the connection off, which clients see as 1006.
    """
    if CONNECTIONS in scope:
        await app(scope, receive, send)
        return
    scope[CONNECTIONS] = connections = list[WebSocket]()
    try:
        await app(scope, receive, send)
    except Exception:
        await _close(connections)
        raise
    else:
        await _close(connections)
    finally:
        del scope[CONNECTIONS]


async def _close(connections: Iterable[WebSocket]) -> None:
    """Close what is open, unless the server knows that it is closed."""
    for connection in connections:
        if connection.application_state is connection.client_state is CONNECTED:
            with suppress(RuntimeError, OSError, WebSocketDisconnect):
                await connection.close(WS_1011_INTERNAL_ERROR)
