"""Starlette's WebSocket with a shortcut for the messages of an open connection.

Starlette passes each message through three methods that check its type and both states. On an
open connection only one case is possible, so this module handles it directly. An object whose
`receive` or `send` a program has replaced uses Starlette's methods.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NoReturn

from starlette.status import WS_1011_INTERNAL_ERROR
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pronghorn.core.monkeypatches import is_overridden, is_replaced
from pronghorn.core.private_names import has_names
from pronghorn.utils import name_as

CONNECTED = WebSocketState.CONNECTED
STATES = frozenset(["client_state", "application_state"])
METHODS = frozenset(["receive", "send"])


@name_as(WebSocket)
class OpenWebSocket(WebSocket):
    """A connection that handles ordinary messages itself and leaves all others to Starlette.

    Whether it may is decided when an attribute changes, so that a message costs one comparison.
    """

    #: True while the connection is open on both sides and has Starlette's `receive` and `send`.
    _is_plain = False
    _has_own_methods = False
    client_state = application_state = WebSocketState.CONNECTING

    def __init_subclass__(cls) -> None:
        """Note whether a class of the program has a `receive` or `send` of its own."""
        super().__init_subclass__()
        cls._has_own_methods = is_overridden(cls, WebSocket, *METHODS)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in STATES:
            is_open = self.client_state is self.application_state is CONNECTED
            super().__setattr__("_is_plain", is_open and not self._has_own_methods)
        elif name in METHODS:
            super().__setattr__("_has_own_methods", True)
            super().__setattr__("_is_plain", False)

    def _refuse(self, message: Message) -> NoReturn:
        """Raise the error for a message without data, which Starlette's `receive` has not seen."""
        if message["type"] != "websocket.disconnect":
            raise RuntimeError(
                'Expected ASGI message "websocket.receive" or "websocket.disconnect", but got '
                f"{message['type']!r}"
            )
        self.client_state = WebSocketState.DISCONNECTED
        raise WebSocketDisconnect(message["code"], message.get("reason"))

    def _lose(self, error: OSError) -> NoReturn:
        """Raise the error that tells the program that its message did not reach the client."""
        self.application_state = WebSocketState.DISCONNECTED
        raise WebSocketDisconnect(code=1006) from error

    async def receive_text(self) -> str:
        """Return the next message, which must be text."""
        if not self._is_plain:
            return await super().receive_text()
        message = await self._receive()
        if message["type"] != "websocket.receive":
            self._refuse(message)
        return message["text"]  # type: ignore[no-any-return]  # as the server sent it

    async def receive_bytes(self) -> bytes:
        """Return the next message, which must be binary."""
        if not self._is_plain:
            return await super().receive_bytes()
        message = await self._receive()
        if message["type"] != "websocket.receive":
            self._refuse(message)
        return message["bytes"]  # type: ignore[no-any-return]  # as the server sent it

    async def receive_json(self, mode: str = "text") -> Any:
        """Return the next message, which must be JSON."""
        if not self._is_plain or mode != "text":
            return await super().receive_json(mode)
        message = await self._receive()
        if message["type"] != "websocket.receive":
            self._refuse(message)
        return json.loads(message["text"])

    async def send_text(self, data: str) -> None:
        """Send a text message."""
        if not self._is_plain:
            await super().send_text(data)
            return
        try:
            await self._send({"type": "websocket.send", "text": data})
        except OSError as error:
            self._lose(error)

    async def send_json(self, data: Any, mode: str = "text") -> None:
        """Send a message of JSON."""
        if not self._is_plain or mode != "text":
            await super().send_json(data, mode)
            return
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
        try:
            await self._send({"type": "websocket.send", "text": text})
        except OSError as error:
            self._lose(error)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        if not self._is_plain:
            await super().send_bytes(data)
            return
        try:
            await self._send({"type": "websocket.send", "bytes": data})
        except OSError as error:
            self._lose(error)


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
