"""Correct what Granian does with WebSockets: their end, and the size of their messages.

An endpoint that fails is closed without a code, which looks like a success, and messages to a
client that has left are sent forever. Granian takes messages of up to 64 MiB. When the server ends,
connections are closed with a code that lets clients come back.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from pronghorn.adapters.granian_inbox import Inbox
from pronghorn.adapters.server_limits import read_limits
from pronghorn.core.refused import advise, log_refused
from pronghorn.core.stopping import stopping

#: The close codes for an endpoint that failed, and for a long message (RFC 6455, 7.4.1).
INTERNAL_ERROR = 1011
TOO_BIG = 1009
#: The close code of a server that ends, as on uvicorn.
SERVICE_RESTART = 1012
#: Number of messages after which the client is checked.
MESSAGES_IN_A_TURN = 16


async def serve_websocket(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection; a client that has left is no error of the program."""
    connection = _Connection(scope, receive, send)
    try:
        with stopping.ending(connection.stop):
            await app(scope, connection.receive, connection.send)
    except WebSocketDisconnect:
        if not connection.client_has_left:  # Else it is no error of the program.
            raise
    finally:
        await connection.end()


def _length(message: Message) -> int:
    """Return the number of bytes of a message, for texts of those that UTF-8 has."""
    text = message.get("text")
    if text is None:
        return len(message.get("bytes") or b"")
    return len(text) if text.isascii() else len(text.encode())


class _Connection:
    """The `receive` and `send` of one WebSocket; they know whether it is open."""

    __slots__ = (
        "_closing",
        "_inbox",
        "_is_open",
        "_limit",
        "_parts",
        "_scope",
        "_send",
        "client_has_left",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._inbox = Inbox(receive)
        self._limit = read_limits().websocket_message
        self._send = send
        self._is_open = self.client_has_left = False
        #: Sends the close code of a server that ends.
        self._closing: asyncio.Future[None] | None = None
        #: Messages sent since the last one was received.
        self._parts = 0

    async def receive(self) -> Message:
        """Return the next message of the client."""
        message = await self._inbox.take()
        self._parts = 0
        if message["type"] == "websocket.disconnect":
            self._is_open, self.client_has_left = False, True
        elif self._is_open and self._limit and _length(message) > self._limit:
            self._is_open, self.client_has_left = False, True
            log_refused(self._scope, TOO_BIG, advise("websocket_message", self._limit))
            await self._send({"type": "websocket.close", "code": TOO_BIG})
            return {"type": "websocket.disconnect", "code": TOO_BIG, "reason": ""}
        return message

    async def send(self, message: Message) -> None:
        """Send one message.

        Raises:
            OSError: The client is known to have left.
        """
        kind = message["type"]
        if kind == "websocket.send":
            self._parts += 1
            if self._parts > MESSAGES_IN_A_TURN:
                self._check_client()
        else:
            self._is_open = kind == "websocket.accept"
        await self._send(message)

    def _check_client(self) -> None:
        """Notice that the client has left, for an endpoint that sends and never receives.

        Granian discards what is sent to nobody and reports it only to a receiver.
        """
        ahead = self._inbox.look_ahead()
        if ahead.done() and ahead.result()["type"] == "websocket.disconnect":
            self._is_open, self.client_has_left = False, True
            raise OSError("The client has left.")

    def stop(self) -> None:
        """Close the connection because the server ends, and tell the application."""
        self._inbox.finish({"type": "websocket.disconnect", "code": SERVICE_RESTART})
        self.client_has_left = True
        if self._is_open:
            self._is_open = False
            self._closing = asyncio.ensure_future(self._close(SERVICE_RESTART))

    async def end(self) -> None:
        """Close a connection that the application left open, with the code for a failure."""
        self._inbox.end()
        if self._is_open:
            await self._close(INTERNAL_ERROR)
        if self._closing is not None:
            await self._closing

    async def _close(self, code: int) -> None:
        with suppress(Exception):  # The client has left, unnoticed.
            await self._send({"type": "websocket.close", "code": code})
