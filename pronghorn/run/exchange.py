"""One request and its answer, as compiled handlers see it.

An exchange is the thinnest thing that can be answered: Starlette's `Request` is made only when
somebody asks for it. Adapters for other servers give handlers an object with the same methods.
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
from pronghorn.run.streaming.send import sendable
from pronghorn.run.websocket import CONNECTIONS, websocket_of

#: Where a scope has the handlers of errors, as Starlette's layer for exceptions puts them there.
HANDLERS_KEY = "starlette.exception_handlers"
JSON_CONTENT_TYPE = (b"content-type", b"application/json")
#: What `Request.body` is where no program and no test has put a method of its own in its place.
STARLETTE_BODY = original(Request, "body")
#: Whether a request object can be given the body that was read before it was made.
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
        "_connection",
        "_receive",
        "_unread",
        "form",
        "routed",
        "scope",
        "send",
        "started",
    )

    #: True on servers that make a scope only for those who ask: a route is then looked for by
    #: `method` and `path` alone, and kept in `routed` for the scope, with router and parameters;
    #: without a route, where none was found.
    is_bare: bool = False
    routed: tuple[Any, Any, Any] | None
    #: The head of a response that waits for its body, on servers that write both at once.
    held: Any = None
    method: str
    path: str

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self.send = send
        #: True from the moment at which the status line may be on its way.
        self.started = False
        #: A form that was read without a request object.
        self.form: FormData | None = None
        self._body: bytes | None = None
        self._connection: HTTPConnection | None = None
        #: Made by the first one who only looks whether the client has left.
        self._unread: Unread | None = None

    @property
    def connection(self) -> Any:
        """The request or WebSocket object; one per exchange, made when first asked for."""
        if self._connection is not None:
            return self._connection
        if self.scope["type"] == "websocket":
            self._connection = websocket_of(self.scope, self._receive, self.send)
            return self._connection
        receive: Receive = self.receive
        if self._body is not None and not KEEPS_BODY:
            receive = received_again(self._body, receive)
        self._connection = request = Request(self.scope, receive, self.tracked_send)
        if KEEPS_BODY:
            if self._body is not None:
                request._body = self._body
                request._stream_consumed = True
            request._form = self.form
        return request

    @property
    def is_http(self) -> bool:
        """False for WebSocket connections."""
        return bool(self.scope["type"] == "http")

    @property
    def query_string(self) -> bytes:
        """The query as the client sent it."""
        query: bytes = self.scope["query_string"]
        return query

    @property
    def is_handshake(self) -> bool:
        """Whether a WebSocket connection was neither accepted nor refused so far."""
        connections = self.scope.get(CONNECTIONS) or [self.connection]
        return all(each.application_state is WebSocketState.CONNECTING for each in connections)

    def end(self) -> None:
        """Let go of what refers to this exchange: nothing of its request comes any more."""
        self._connection = self._unread = None

    def use_scope(self) -> None:
        """Have the route looked for by the scope, although the server makes it late."""

    @property
    def has_connection(self) -> bool:
        """Whether anybody has asked for the request object."""
        return self._connection is not None

    def take_over(self, inside: Exchange) -> None:
        """Know what another exchange for the same request has read, so that handlers can."""
        self._connection, self._body, self.form = inside._connection, inside._body, inside.form

    async def close_files(self) -> None:
        """Close the uploaded files of a form, if one was read; a cancellation has to wait."""
        form = getattr(self._connection, "_form", None)
        if form is not None and form is not self.form:
            with CancelScope(shield=True):
                await form.close()

    async def let_go(self) -> None:
        """Send the head that is `held`: nothing follows that it could wait for."""

    async def tracked_send(self, message: Message) -> None:
        """`send`, remembering that an answer has begun."""
        if message["type"] == "http.response.start":
            self.started = True
        await self.send(message)

    def untracked(self, send: Send) -> Send:
        """What `send` sends with, where it only remembers that an answer has begun."""
        is_ours = getattr(send, "__func__", None) is Exchange.tracked_send
        return self.send if is_ours else send

    def header(self, name: bytes) -> str | None:
        """The first value of a header; `name` in lower case."""
        for key, value in self.scope["headers"]:
            if key == name:
                return str(value, "latin-1")
        return None

    def first_headers(self) -> dict[bytes, bytes]:
        """All headers by name, the first value of each."""
        return dict(reversed(self.scope["headers"]))

    def header_values(self, name: bytes) -> list[str]:
        """Every value of a header; `name` in lower case."""
        return [str(value, "latin-1") for key, value in self.scope["headers"] if key == name]

    def cookies(self) -> dict[str, str]:
        """The cookies of all `Cookie` headers; a later one wins."""
        values = self.header_values(b"cookie")
        return cookie_dict("; ".join(values)) if values else {}

    def whole_body(self) -> bytes | None:
        """The whole body, if it is at hand; saves a coroutine to whoever reads it."""
        return self._body

    async def read_body(self) -> bytes:
        """The whole body. Raises `ClientDisconnect` when the client leaves before its end."""
        if self._body is None:
            if self._connection is not None or Request.body is not STARLETTE_BODY:
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

        Return whether that was done; if not, `send_json` does it.
        """
        return False

    def write_last_json(self, body: bytes, status: int) -> bool:
        """Do the same for a handler that does nothing after its answer."""
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
        await sendable(response)(self.scope, self.receive, self.tracked_send)


#: Makes an exchange of what an ASGI application is called with.
MakeExchange = Callable[[Scope, Receive, Send], Exchange]
#: Those of servers that are known to do more than ASGI, by the class whose method `send` is.
EXCHANGES: dict[type, MakeExchange] = {}


def received_again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read already, and then what follows it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def new_exchange(
    scope: Scope, receive: Receive, send: Send, handlers: tuple[Any, Any] | None = None
) -> Exchange:
    """Return the exchange for one call of an ASGI application.

    Args:
        scope: The connection, with `receive` and `send`.
        receive: See ASGI.
        send: See ASGI.
        handlers: The handlers of errors, which go into the scope; None if it has them already.
    """
    if handlers is not None:
        scope[HANDLERS_KEY] = handlers
    if EXCHANGES:
        make = EXCHANGES.get(type(getattr(send, "__self__", None)))
        if make is not None:
            return make(scope, receive, send)
    return Exchange(scope, receive, send)


def same_exchange(scope: Scope, receive: Receive, send: Send) -> Exchange:
    """The exchange whose method `send` is, if nothing but calls stands between it and here.

    Middleware that changes nothing of a request passes on what it was called with.
    """
    exchange: Exchange = send.__self__  # type: ignore[attr-defined]  # a method
    if scope is exchange.scope and receive == exchange.receive:
        exchange.use_scope()
        return exchange
    return Exchange(scope, receive, send)
