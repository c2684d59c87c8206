"""Starlette's WebSocket with a shortcut for the messages of an open connection.

Starlette passes each message through three methods that check its type and both states. On an
open connection only one case is possible, so this module handles it directly. An object whose
`receive` or `send` a program has replaced uses Starlette's methods.
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
    """A connection that handles ordinary messages itself and leaves all others to Starlette."""

    async def _receive_one(self, kind: str) -> Any:
        message = await self._receive()
        if message["type"] == "websocket.receive":
            return message[kind]
        # Starlette's `receive` has not seen this message, so its checks are repeated here.
        if message["type"] != "websocket.disconnect":
            raise RuntimeError(
                'Expected ASGI message "websocket.receive" or "websocket.disconnect", but got '
                f"{message['type']!r}"
            )
        self.client_state = WebSocketState.DISCONNECTED
        raise WebSocketDisconnect(message["code"], message.get("reason"))

    async def receive_text(self) -> str:
        """Return the next message, which must be text."""
        if (
            not (self.client_state is self.application_state is CONNECTED)
            or "receive" in self.__dict__
        ):
            return await super().receive_text()
        text: str = await self._receive_one("text")
        return text

    async def receive_bytes(self) -> bytes:
        """Return the next message, which must be binary."""
        if (
            not (self.client_state is self.application_state is CONNECTED)
            or "receive" in self.__dict__
        ):
            return await super().receive_bytes()
        data: bytes = await self._receive_one("bytes")
        return data

    async def send_text(self, data: str) -> None:
        """Send a text message."""
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
#: The key under which the outermost application keeps the connections made from its scope.
CONNECTIONS = "pronghorn.websockets"


def websocket_of(scope: Scope, receive: Receive, send: Send) -> WebSocket:
    """Return a connection with the shortcut; Starlette's if a library has replaced a method."""
    kind = OpenWebSocket if _HAS_NAMES and not is_replaced(WebSocket) else WebSocket
    connection = kind(scope, receive, send)
    scope.get(CONNECTIONS, []).append(connection)
    return connection


async def serve_to_the_end(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let the outermost application serve a connection, and close it if it is still open.

    The code is 1011 (RFC 6455, section 7.4.1), an error of the server: clients that reconnect
    unless they were dismissed still do so. A server would cut the connection, which clients see
    as 1006.
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
    """Close the connections that are still open on both sides."""
    for connection in connections:
        if connection.application_state is connection.client_state is CONNECTED:
            with suppress(RuntimeError, OSError, WebSocketDisconnect):
                await connection.close(WS_1011_INTERNAL_ERROR)
