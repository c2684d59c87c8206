"""What `call_next` gives a middleware: a response whose body comes while it is read."""

from __future__ import annotations

from typing import Any, Protocol

from starlette.middleware.base import _StreamingResponse
from starlette.types import Message, Receive, Scope, Send


def is_last(message: Message) -> bool:
    """Whether a response is complete with this message."""
    kind = message["type"]
    if kind == "http.response.body":
        return not message.get("more_body", False)
    return bool(kind == "http.response.pathsend")


class MessageSource(Protocol):
    """Where the messages of a response come from.

    - `client_left`: whether the application was told that its client has left.
    """

    client_left: bool

    async def next_message(self) -> Message | None:
        """The next message, None after the last one; raises what the application raised."""

    def raise_if_failed(self) -> None:
        """Raise what the application raised, if nothing of its response is left to be sent."""

    def copy_variables(self) -> None:
        """Let the caller see the context variables that the application has set."""


class CallNextResponse(_StreamingResponse):
    """What `call_next` gives: status code and headers to read and change, a body to iterate."""

    def __init__(self, source: MessageSource, start: Message, info: Any) -> None:
        self.info = info
        self.body_iterator = RestOfBody(source)
        self.status_code = start["status"]
        self.media_type = None
        self.background = None
        self.raw_headers = start.get("headers", [])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; a body that nobody has looked at goes straight through."""
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
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        while (message := await source.next_message()) is not None:
            await send(message)
            if is_last(message):
                break
        else:
            # The application ended without an error and without the end of its body. A client that
            # is said to have left may still read, and must not take that for the whole body.
            if not source.client_left:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        if self.background is not None:
            await self.background()


class RestOfBody:
    """The body of a response, chunk by chunk, while the application makes it.

    - `begun`: whether a chunk was asked for.
    """

    def __init__(self, source: MessageSource) -> None:
        self.source = source
        self.begun = False
        self._over = False

    def __aiter__(self) -> RestOfBody:
        return self

    async def __anext__(self) -> Any:
        """The next chunk; raises what the application raised before its body was complete."""
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
        """Ask for no more chunks."""
        self.begun = self._over = True
