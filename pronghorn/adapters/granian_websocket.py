"""Correct what Granian does with WebSockets, and close them when the server ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.adapters.granian_inbox import Inbox
from pronghorn.core.stopping import stopping

__all__ = ["serve_websocket"]

#: Number of messages after which the client is checked.
PARTS_IN_A_TURN = 16
#: The close code for an endpoint that failed (RFC 6455, section 7.4.1).
INTERNAL_ERROR = 1011
#: The close code of a server that ends, as on uvicorn.
SERVICE_RESTART = 1012


async def serve_websocket(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one WebSocket."""
    connection = Connection(receive, send)
    try:
        with stopping.ending(connection.stop):
            await app(scope, connection.receive, connection.send)
    finally:
        await connection.end()


class Connection:
    """The `receive` and `send` of one WebSocket; they know whether it is open."""

    __slots__ = ("_closing", "_inbox", "_is_open", "_parts", "_send")

    def __init__(self, receive: Receive, send: Send) -> None:
        self._inbox = Inbox(receive)
        self._send = send
        self._is_open = False
        #: Sends the close code of a server that ends.
        self._closing: asyncio.Future[None] | None = None
        #: Messages sent since the last one was received.
        self._parts = 0

    async def receive(self) -> Message:
        """Return the next message of the client."""
        message = await self._inbox.take()
        self._parts = 0
        if message["type"] == "websocket.disconnect":
            self._is_open = False
        return message

    async def send(self, message: Message) -> None:
        """Send one message.

        Raises:
            OSError: The client is known to have left.
        """
        kind = message["type"]
        if kind == "websocket.send":
            self._parts += 1
            if self._parts > PARTS_IN_A_TURN:
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
            self._is_open = False
            raise OSError("The client has left.")

    def stop(self) -> None:
        """Close the connection because the server ends, and tell the application."""
        self._inbox.finish({"type": "websocket.disconnect", "code": SERVICE_RESTART})
        if self._is_open:
            self._is_open = False
            self._closing = asyncio.ensure_future(self._close(SERVICE_RESTART))

    async def _close(self, code: int) -> None:
        with suppress(Exception):  # The client has left, unnoticed.
            await self._send({"type": "websocket.close", "code": code})

    async def end(self) -> None:
        """Close a connection that the application left open, with the code for a failure."""
        self._inbox.end()
        if self._is_open:
            await self._close(INTERNAL_ERROR)
        if self._closing is not None:
            await self._closing
