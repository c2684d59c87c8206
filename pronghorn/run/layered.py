"""An exchange whose response passes layers of middleware that were compiled into the pipeline.

Each layer that has something to say about the response leaves an `Edit` in the exchange before the
request goes on. A complete response passes the edits as one call each; any other response passes
them message by message, in the code of the middleware itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from starlette.types import Message, Receive, Scope, Send

from pronghorn.run.edits import Edit
from pronghorn.run.exchange import JSON_CONTENT_TYPE, Exchange, RawHeaders


async def passing(message: Message) -> None:
    """Stand for a chain without edits; never called."""


class HeldStart(NamedTuple):
    """The head of a response that waits for the body, and the edits that it has not passed."""

    message: Message
    edits: Sequence[Edit]


#: Empty: the subclasses have the slots. A literal `()` would make mypy refuse the assignments.
OF_SUBCLASSES: tuple[str, ...] = ()


class PassesEdits(Exchange):
    """The methods of an exchange whose response passes edits; its `send` comes after them.

    Attributes:
        started: True as soon as the code inside the layers has begun to respond.
        has_left: True as soon as the head of a response has passed all edits.
        edits: The edits of the layers, outermost first.
        headers: The headers of the request.
        scheme: Its scheme.
        made_scope: The scope; None if it is not made yet.
        is_inside: True once all layers have let the request pass.
        most_bytes: A body of this size or more is sent in messages, because a layer may wait.
        chain: Sends the messages after the first; None before it.
        held_start: The head, while a layer holds it.
    """

    __slots__ = OF_SUBCLASSES
    edits: list[Edit]
    headers: RawHeaders
    scheme: str
    made_scope: Scope | None
    is_inside: bool
    most_bytes: float
    chain: Send | None
    held_start: HeldStart | None

    def add_to_scope(self, key: str, make: Callable[[], Any]) -> None:
        """Put a new object into the scope, now or when it is made."""
        raise NotImplementedError

    async def track_and_send(self, message: Message) -> None:
        """Send a message through the edits."""
        if self.chain is passing:
            await self.send(message)
        elif self.chain is not None:
            await self._send_in_chain(message)
        elif message["type"] == "http.response.start":
            self.started = True
            self.held_start = None  # A head that was held is replaced.
            await self._send_head(message)
        elif self.held_start is not None:
            await self._send_after_head(message, *self.held_start)
        else:
            self._make_chain(self.edits)
            await self._send_in_chain(message)

    async def _send_head(self, message: Message) -> None:
        """Send the head of a response, unless a layer holds it."""
        edits = self.edits
        if edits:
            status = message["status"]
            headers = message["headers"] = list(message.get("headers", ()))
            for index in range(len(edits), 0, -1):
                edit = edits[index - 1]
                if edit.holds(status, headers):
                    self.held_start = HeldStart(message, edits[:index])
                    return
                edit.complete(self, status, headers, b"")
        self.has_left = True
        self.chain = passing
        await self.send(message)

    async def _send_after_head(
        self, message: Message, start: Message, edits: Sequence[Edit]
    ) -> None:
        """Send a head that was held and the message after it."""
        self.held_start = None
        body = message.get("body", b"")
        if (
            message["type"] != "http.response.body"
            or message.get("more_body", False)
            or start.get("trailers", False)
            or len(body) >= self.most_bytes
        ):
            self._make_chain(edits)
            await self._send_in_chain(start)
            await self._send_in_chain(message)
            return
        for edit in reversed(edits):
            body = edit.complete(self, start["status"], start["headers"], body)
        message["body"] = body
        self.has_left = True
        self.chain = passing
        await self.send(start)
        await self.send(message)

    def edit_whole(self, status: int, headers: RawHeaders, body: bytes) -> bytes:
        """Let all edits see a complete response, and return its body.

        Args:
            status: The status code.
            headers: The headers, which are edited in place.
            body: The body before the edits.
        """
        self.started = True
        for edit in reversed(self.edits):
            body = edit.complete(self, status, headers, body)
        self.has_left = True
        return body

    async def send_whole(self, start: Message, body: Message) -> None:
        """Send the two messages of a complete response through the edits."""
        content = body.get("body", b"")
        if (
            self.chain is None
            and self.held_start is None
            and body["type"] == "http.response.body"
            and not start.get("trailers", False)
            and len(content) < self.most_bytes
        ):
            headers = start["headers"] = list(start["headers"])
            body["body"] = self.edit_whole(start["status"], headers, content)
            self.chain = passing
            await super().send_whole(start, body)
        else:
            await self.track_and_send(start)
            await self.track_and_send(body)

    async def _send_in_chain(self, message: Message) -> None:
        """Send a message through the chain, which refers to this object until the last one."""
        chain: Any = self.chain
        await chain(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.chain = passing

    def _make_chain(self, edits: Sequence[Edit]) -> None:
        """Make the `send` that passes this message and later ones through edits."""
        send: Send = self._send_outside
        for edit in edits:
            send = edit.around(self, send)
        self.chain = send

    async def _send_outside(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = self.has_left = True
        await self.send(message)

    async def send_json(
        self, body: bytes, status: int = 200, headers: RawHeaders | None = None
    ) -> None:
        """Send a complete JSON response through the edits."""
        raw: RawHeaders = [(b"content-length", b"%d" % len(body)), JSON_CONTENT_TYPE]
        if headers:
            raw += headers
        send = self.send
        if self.chain is not None or self.held_start or len(body) >= self.most_bytes:
            send = self.track_and_send
        else:
            # As `edit_whole`, whose call is saved here: most responses over ASGI come this way.
            self.started = True
            for edit in reversed(self.edits):
                body = edit.complete(self, status, raw, body)
            self.has_left = True
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


class LayeredExchange(PassesEdits):
    """An exchange over ASGI whose response passes edits."""

    __slots__ = ("chain", "edits", "has_left", "held_start", "is_inside", "most_bytes")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self.is_inside = self.has_left = False
        self.chain = self.held_start = None

    @property
    def method(self) -> str:  # type: ignore[override]  # read from the scope
        """Return the method of the request."""
        method: str = self.scope["method"]
        return method

    @property
    def headers(self) -> RawHeaders:  # type: ignore[override]  # read from the scope
        """Return the headers of the request."""
        headers: RawHeaders = self.scope["headers"]
        return headers

    @property
    def scheme(self) -> str:  # type: ignore[override]  # read from the scope
        """Return the scheme of the request."""
        scheme: str = self.scope["scheme"]
        return scheme

    def add_to_scope(self, key: str, make: Callable[[], Any]) -> None:
        """Put a new object into the scope."""
        self.scope[key] = make()

    @property
    def made_scope(self) -> Scope | None:  # type: ignore[override]  # read from the scope
        """Return the scope, which the server has made."""
        return self.scope


#: Factories for layers inside of an `EXCHANGES` class, by the class that has `send` as a method.
LAYERED: dict[type, Callable[[Scope, Receive, Send], PassesEdits]] = {}


def put_layers_before(outside: Exchange) -> LayeredExchange:
    """Return an exchange whose responses go to another one, after the edits."""
    return LayeredExchange(outside.scope, outside.receive, outside.track_and_send)
