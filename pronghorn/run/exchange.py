"""One request and its response, as compiled handlers see them.

An exchange is the smallest object that can receive a request and send a response: Starlette's
`Request` is made only when it is needed. Adapters for other servers pass handlers an object with
the same methods.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anyio import CancelScope
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocketState

from pronghorn.core.monkeypatches import original
from pronghorn.core.private_names import has_names
from pronghorn.run.input.query import cookie_dict
from pronghorn.run.input.unread import LosesNothing, Unread
from pronghorn.run.streaming.sendable import sendable
from pronghorn.run.websocket import CONNECTIONS, websocket_of

#: The key of the error handlers in a scope. Starlette's exception middleware uses the same one.
HANDLERS_KEY = "starlette.exception_handlers"
#: The key of what observers see of a request (`run/observed.py`).
OBSERVED = "pronghorn.observed"
#: The key of functions that return headers for a response that is sent when the handler of the
#: route is over (`run/late_headers.py`).
LATE_HEADERS = "pronghorn.late_headers"
#: The attribute of an injected response with the frame of its stream (`hooks.frame_stream`).
FRAME = "pronghorn_frame"
JSON_CONTENT_TYPE = (b"content-type", b"application/json")
#: Starlette's own `Request.body`, which a program or a test may have replaced.
STARLETTE_BODY = original(Request, "body")
#: True if a new request object can receive the body that was read before it was made.
KEEPS_BODY = has_names(
    "starlette.requests",
    ("Request._body", "Request._stream_consumed", "Request._form"),
    "A body that an endpoint reads from its request as well is parsed twice, and files of a form "
    "stay open until they are collected.",
)
RawHeaders = list[tuple[bytes, bytes]]


class Exchange(LosesNothing):
    """One HTTP request or WebSocket connection over ASGI."""

    __slots__ = (
        "_body",
        "_receive",
        "_unread",
        "connection_or_none",
        "form",
        "outer",
        "routed",
        "scope",
        "send",
        "started",
    )

    #: True on servers that make a scope only when it is needed. The route is then found by `method`
    #: and `path` alone. `routed` keeps it for the scope, with its router and parameters; if no
    #: route was found, `routed` has None in its place.
    is_bare: bool = False
    #: True on connections that tell of the departure of their client, whatever waits unread.
    is_told_of_departure: bool = False
    routed: tuple[Any, Any, Any] | None
    #: The head of a response that waits for its body, on servers that write both at once.
    held: Any = None
    method: str
    path: str

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self.send = send
        #: True as soon as the status line may have been sent.
        self.started = False
        #: A form that was read without a request object.
        self.form: FormData | None = None
        self._body: bytes | None = None
        #: The request or WebSocket object; None until `connection` has made it.
        self.connection_or_none: HTTPConnection | None = None
        #: Made by the first caller that only checks whether the client has left.
        self._unread: Unread | None = None
        #: The exchange of the same request around this one, which knows when the client leaves.
        self.outer: Exchange | None = None

    @property
    def connection(self) -> Any:
        """Return the request or WebSocket object: one per exchange, made on first use."""
        if self.connection_or_none is not None:
            return self.connection_or_none
        if self.scope["type"] == "websocket":
            self.connection_or_none = websocket_of(self.scope, self._receive, self.send)
            return self.connection_or_none
        receive: Receive = self.receive
        if self._body is not None and not KEEPS_BODY:
            receive = replay_body(self._body, receive)
        self.connection_or_none = request = Request(self.scope, receive, self.track_and_send)
        if KEEPS_BODY:
            if self._body is not None:
                request._body = self._body
                request._stream_consumed = True
            request._form = self.form
        return request

    @property
    def has_left(self) -> bool:
        """Return True as soon as the head of a response has left the layers of the application.

        Compiled layers may hold it; otherwise this is `started`.
        """
        return self.started

    @has_left.setter
    def has_left(self, value: bool) -> None:
        """Ignore the value; a class that has compiled layers keeps it."""

    @property
    def is_http(self) -> bool:
        """Return True for a request, False for a WebSocket connection."""
        return bool(self.scope["type"] == "http")

    @property
    def query_string(self) -> bytes:
        """Return the query as the client sent it."""
        query: bytes = self.scope["query_string"]
        return query

    @property
    def is_handshake(self) -> bool:
        """Return True until a WebSocket connection is accepted or refused."""
        connections = self.scope.get(CONNECTIONS) or [self.connection]
        return all(each.application_state is WebSocketState.CONNECTING for each in connections)

    def end(self) -> None:
        """Drop the objects that refer to this exchange: its request is over."""
        self.connection_or_none = self._unread = None

    def watch_departure(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call a function once the client has left; on asyncio only.

        Args:
            tell: The function.

        Returns:
            A function that ends the watch.
        """
        outer = self.outer or _find_behind(self._receive)
        if outer is not None:
            return outer.watch_departure(tell)
        if self._unread is None:
            self._unread = Unread(self._receive)
        return self._unread.watch(tell)

    def use_scope(self) -> None:
        """Find the route by the scope, although the server would make the scope later."""

    @property
    def has_connection(self) -> bool:
        """Return True if the request object was made."""
        return self.connection_or_none is not None

    def take_over(self, inside: Exchange) -> None:
        """Take over the body, form and request object of another exchange for this request."""
        self.connection_or_none = inside.connection_or_none
        self._body, self.form = inside._body, inside.form

    async def close_files(self) -> None:
        """Close the uploaded files of a form, if one was read; a cancellation waits for that."""
        form = getattr(self.connection_or_none, "_form", None)
        if form is not None and form is not self.form:
            from pronghorn.run.uploads import close_uploads  # Few programs have forms.

            with CancelScope(shield=True):
                await close_uploads(form)

    async def let_go(self) -> None:
        """Send the head that is `held` now: it need not wait for a body."""

    async def track_and_send(self, message: Message) -> None:
        """Send a message; remember that the response has started."""
        if message["type"] == "http.response.start":
            self.started = True
        await self.send(message)

    async def send_whole(self, start: Message, body: Message) -> None:
        """Send the two messages of a complete response."""
        await self.track_and_send(start)
        await self.track_and_send(body)

    def untrack(self, send: Send) -> Send:
        """Return the raw `send` if `send` only adds response-start tracking, else `send` itself."""
        is_ours = getattr(send, "__func__", None) is Exchange.track_and_send
        return self.send if is_ours else send

    def header(self, name: bytes) -> str | None:
        """Return the first value of a header, or None; `name` is in lower case."""
        for key, value in self.scope["headers"]:
            if key == name:
                return str(value, "latin-1")
        return None

    def first_headers(self) -> dict[bytes, bytes]:
        """Return all headers by name, the first value of each."""
        return dict(reversed(self.scope["headers"]))

    def header_values(self, name: bytes) -> list[str]:
        """Return every value of a header; `name` is in lower case."""
        return [str(value, "latin-1") for key, value in self.scope["headers"] if key == name]

    def cookies(self) -> dict[str, str]:
        """Return the cookies of all `Cookie` headers; a later one wins."""
        values = self.header_values(b"cookie")
        return cookie_dict("; ".join(values)) if values else {}

    def whole_body(self) -> bytes | None:
        """Return the whole body if it is already here, else None; a caller saves a coroutine."""
        return self._body

    async def read_body(self) -> bytes:
        """Return the whole body.

        Raises:
            ClientDisconnect: The client left before the end of the body.
        """
        if self._body is None:
            if self.connection_or_none is not None or Request.body is not STARLETTE_BODY:
                self._body = await self.connection.body()
            else:
                receive = self._receive if self._unread is None else self._unread.next
                message = await receive()
                if message["type"] == "http.request" and not message.get("more_body", False):
                    self._body = message.get("body", b"")
                else:
                    self._body = await self._receive_rest(message, receive)
        return self._body

    async def _receive_rest(self, message: Message, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        while message["type"] == "http.request":
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(chunks)
            message = await receive()
        raise ClientDisconnect

    def write_json(self, body: bytes, status: int) -> bool:
        """Send a complete JSON response at once, without a coroutine, if that is possible now.

        Return True if it was sent; otherwise the caller must await `send_json`.
        """
        return False

    def write_last_json(self, body: bytes, status: int) -> bool:
        """Do as `write_json`, for a handler that does nothing after its response."""
        return False

    async def send_json(
        self, body: bytes, status: int = 200, headers: RawHeaders | None = None
    ) -> None:
        """Send a complete JSON response."""
        raw: RawHeaders = [(b"content-length", b"%d" % len(body)), JSON_CONTENT_TYPE]
        if headers:
            raw += headers
        self.started = True
        send = self.send
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    async def send_response(self, response: Response) -> None:
        """Send any response object."""
        await sendable(response)(self.scope, self.receive, self.track_and_send)


#: Makes an exchange from the arguments of an ASGI call.
MakeExchange = Callable[[Scope, Receive, Send], Exchange]
#: Factories for servers that offer more than ASGI, by the class that has `send` as a method.
EXCHANGES: dict[type, MakeExchange] = {}


def replay_body(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that repeats a body that was already read, then the messages after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def _find_behind(receive: Receive) -> Exchange | None:
    """Return the exchange whose messages a layer passes on, such as one that counts a body.

    The departure of the client is watched there, if the connection tells of it: the layer may have
    no room for what is unread.
    """
    layer = getattr(receive, "__self__", None)
    behind = getattr(getattr(layer, "receive", None), "__self__", None)
    return behind if isinstance(behind, Exchange) and behind.is_told_of_departure else None


def new_exchange(
    scope: Scope, receive: Receive, send: Send, handlers: tuple[Any, Any] | None = None
) -> Exchange:
    """Return the exchange for one call of an ASGI application.

    Args:
        scope: The scope of the call.
        receive: The `receive` of the call.
        send: The `send` of the call.
        handlers: The error handlers to put into the scope; None if it already has them.
    """
    if handlers is not None:
        scope[HANDLERS_KEY] = handlers
    if EXCHANGES:
        make = EXCHANGES.get(type(getattr(send, "__self__", None)))
        if make is not None:
            return make(scope, receive, send)
    return Exchange(scope, receive, send)


async def send_whole(send: Send, start: Message, body: Message) -> None:
    """Send the two messages of a complete response, by one call if `send` is an exchange's."""
    exchange = getattr(send, "__self__", None)
    if isinstance(exchange, Exchange) and send == exchange.track_and_send:
        await exchange.send_whole(start, body)
    else:
        await send(start)
        await send(body)


def same_exchange(scope: Scope, receive: Receive, send: Send) -> Exchange:
    """Return the exchange that has `send` as a method, if `scope` and `receive` are also its own.

    Middleware that changes nothing passes on the arguments of its own call. If it has replaced
    one of them, a new exchange is returned.
    """
    exchange: Exchange = send.__self__  # type: ignore[attr-defined]  # a method
    if scope is exchange.scope and receive == exchange.receive:
        exchange.use_scope()
        return exchange
    return Exchange(scope, receive, send)
