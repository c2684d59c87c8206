"""The result of `call_next`: a response whose body arrives while it is read."""

from __future__ import annotations

from typing import Any, Protocol

from starlette.middleware.base import _StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from pronghorn.run.exchange import send_whole


def is_last(message: Message) -> bool:
    """Return True if a response is complete with this message."""
    kind = message["type"]
    if kind == "http.response.body":
        return not message.get("more_body", False)
    return bool(kind == "http.response.pathsend")


class MessageSource(Protocol):
    """The source of the messages of a response.

    Attributes:
        client_left: Whether the application was told that its client has left.
    """

    client_left: bool

    async def next_message(self) -> Message | None:
        """Return the next message, or None after the last one.

        Raises:
            BaseException: The exception of the application.
        """

    def take_last(self) -> Message | None:
        """Return the last message, if it is here and the only one that is left."""

    def raise_if_failed(self) -> None:
        """Raise the exception of the application, if nothing of its response is left to be sent."""

    def copy_variables(self) -> None:
        """Copy the context variables that the application has set to the caller."""


class CallNextResponse(_StreamingResponse):
    """The result of `call_next`: status code and headers to read and change, a body to iterate."""

    def __init__(self, source: MessageSource, start: Message, info: Any) -> None:
        self.info = info
        self.body_iterator = RestOfBody(source)
        self.status_code = start["status"]
        self.media_type = None
        self.background = None
        self.raw_headers = start.get("headers", [])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; a body that the middleware has not touched is passed through."""
        body = self.body_iterator
        if type(body) is not RestOfBody or body.begun:
            await super().__call__(scope, receive, send)
            return
        body.begun = True
        source = body.source
        source.raise_if_failed()
        if self.info is not None:
            await send({"type": "http.response.debug", "info": self.info})
        headers = self.raw_headers
        start = {"type": "http.response.start", "status": self.status_code, "headers": headers}
        await self._send_all(send, start, source)
        if self.background is not None:
            await self.background()

    async def _send_all(self, send: Send, start: Message, source: MessageSource) -> None:
        message = source.take_last()
        if message is not None:
            await send_whole(send, start, message)
            return
        await send(start)
        while (message := await source.next_message()) is not None:
            await send(message)
            if is_last(message):
                break
        else:
            # The application ended without an error and before the end of its body. A client that
            # is reported to have left may still read, and must not mistake this for the whole body.
            if not source.client_left:
                await send({"type": "http.response.body", "body": b"", "more_body": False})


class RestOfBody:
    """The body of a response, chunk by chunk, while the application produces it.

    Attributes:
        begun: Whether a chunk was requested.
    """

    def __init__(self, source: MessageSource) -> None:
        self.source = source
        self.begun = False
        self._over = False

    def __aiter__(self) -> RestOfBody:
        return self

    async def __anext__(self) -> Any:
        """Return the next chunk.

        Raises:
            BaseException: The exception of the application, before its body was complete.
        """
        self.begun = True
        while not self._over:
            message = await self._next_message()
            if message is None:
                break
            self._over = is_last(message)
            if message["type"] == "http.response.pathsend":
                return message
            if message.get("body"):
                return message["body"]
        self._over = True
        raise StopAsyncIteration

    async def _next_message(self) -> Message | None:
        try:
            return await self.source.next_message()
        finally:
            self.source.copy_variables()

    async def aclose(self) -> None:
        """Stop asking for chunks."""
        self.begun = self._over = True
