"""The view that compiled layers have of a request, and their edits of its response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from starlette.types import Message, Scope, Send

from pronghorn.run.exchange import RawHeaders


class Editable(Protocol):
    """The part of an exchange that compiled layers use.

    Attributes:
        edits: The edits of the layers that have seen the request, outermost first.
    """

    @property
    def edits(self) -> list[Edit]: ...

    @property
    def method(self) -> str:
        """Return the method of the request."""

    @property
    def scheme(self) -> str:
        """Return the scheme of the request."""

    @property
    def headers(self) -> RawHeaders:
        """Return the headers of the request, with names in lower case."""

    @property
    def scope(self) -> Scope:
        """Return the scope, which is made if it is not there."""

    @property
    def made_scope(self) -> Scope | None:
        """Return the scope; None if nobody can have looked at it, because it is not made yet."""

    def add_to_scope(self, key: str, make: Callable[[], Any]) -> None:
        """Put a new object into the scope, now or when it is made."""

    def use_scope(self) -> None:
        """Find the route by the scope, which a layer has changed or read."""


class Edit(Protocol):
    """Changes the response to one request, for one layer."""

    def complete(self, exchange: Editable, status: int, headers: RawHeaders, body: bytes) -> bytes:
        """Edit the headers of a complete response in their list, and return its body."""

    def holds(self, status: int, headers: RawHeaders) -> bool:
        """Return True if the head waits for the body, which decides what happens to both.

        Otherwise the layer does not touch the body.
        """

    def around(self, exchange: Editable, send: Send) -> Send:
        """Return a `send` that edits the messages of a response and passes them to `send`."""


class HeadEdit:
    """The base of edits that change headers only."""

    __slots__ = ()

    def complete(self, exchange: Editable, status: int, headers: RawHeaders, body: bytes) -> bytes:
        """Edit the headers of a complete response in their list, and return its body."""
        raise NotImplementedError

    def holds(self, status: int, headers: RawHeaders) -> bool:
        """Return False: the body is not touched."""
        return False

    def around(self, exchange: Editable, send: Send) -> Send:
        """Return a `send` that edits the head of a response."""

        async def send_edited(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"] = list(message.get("headers", ()))
                self.complete(exchange, message["status"], headers, b"")
            await send(message)

        return send_edited
