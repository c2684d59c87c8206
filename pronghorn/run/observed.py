"""One request or connection as observers of finished requests see it (`pronghorn.hooks.observe`).

A server's adapter, or the outermost call of an application, makes an `Observed` when the head of a
request has arrived, and tells it what is sent. It tells its observers once: when the last byte of
the response has been passed to the server, or when the application has ended without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from pronghorn.core.path_patterns import INSIDE
from pronghorn.logger import logger
from pronghorn.run.exchange import OBSERVED
from pronghorn.run.route_template import route_template

#: The status of a request whose client left before a response began; nginx has the same.
CLIENT_LEFT = 499
#: An extension of ASGI: the server sends a file whose path it is told.
SENDS_FILES = "http.response.pathsend"
RawHeaders = list[tuple[bytes, bytes]]


class Observed:
    """One request or WebSocket connection.

    Args:
        observers: Each is a `pronghorn.hooks.Observer`.
        begun: The clock reading when the head of the request had arrived.

    Attributes:
        scope: Its ASGI scope.
        app: The application that the server calls.
        method: The HTTP method; `WS` for a WebSocket connection.
        path: The path, decoded and without the query.
        headers: The headers of the request.
        id: The id of the request, if an observer has set one in `start`; then it is also
            `request.state.request_id`.
        response_headers: Headers that observers add to the response in `start`, with names in lower
            case and values without control characters. A header that the response has already is
            not added.
        status: The status code; 101 for an accepted WebSocket connection, and 499 for a client that
            left before a response began. 0 before that.
        is_aborted: True if the response is incomplete: the client left, or the program failed
            after the response had begun.
        close_code: The code with which a WebSocket connection was closed, by either side.
        error: The exception that has left the application, if any.
        sent: The bytes of the body, or of the messages of a WebSocket connection, that were sent.
        is_quiet: True if a success need not be logged, such as that of a probe.
        is_probe: True for a probe of `app.health`, which is no request to the program.
        seconds: The time from the head of the request to the last byte of its response.
    """

    scope: Scope
    app: Any
    method: str
    path: str
    headers: Iterable[tuple[bytes, bytes]]
    id: str | None = None
    status = 0
    is_aborted = False
    is_quiet = False
    is_probe = False
    close_code: int | None = None
    error: BaseException | None = None
    sent = 0
    seconds = 0.0
    #: True once the observers have been told.
    is_over = False
    _is_complete = False

    def __init__(self, observers: Iterable[Any], begun: float) -> None:
        self._observers = tuple(observers)
        self._begun = begun
        self.response_headers: RawHeaders = []

    def route(self) -> str | None:
        """Return the path template of the route, with those of mounts; None if none was found."""
        scope = self.scope
        return route_template(scope, scope.get("root_path", "").rstrip("/"), 0)

    def client(self) -> str | None:
        """Return the address of the client, as far as the server knows it."""
        client = self.scope.get("client")
        return None if client is None else str(client[0])

    def query_string(self) -> bytes:
        """Return the query as the client sent it."""
        return bytes(self.scope.get("query_string", b""))

    # --- called by those who observe --------------------------------------------------------

    def start(self) -> None:
        """Tell the observers that the request begins."""
        for observer in self._observers:
            try:
                observer.start(self)
            except Exception:  # noqa: BLE001 - the request must not fail
                logger.exception("An observer of requests has failed")

    def take_headers(self, own: Sequence[tuple[bytes, bytes]]) -> RawHeaders:
        """Return the headers to add to a response with headers of its own; only once."""
        added, self.response_headers = self.response_headers, []
        if not added or not own:
            return added
        names = {bytes(name).lower() for name, _ in own}
        return [header for header in added if header[0] not in names]

    def note_part(self, length: int, *, is_last: bool) -> None:
        """Note that a part of the body was sent."""
        if self._is_complete:
            return
        self.sent += length
        if is_last:
            self._is_complete = True
            self.seconds = perf_counter() - self._begun
            if self.status < 500:  # An error of the server may be followed by its exception.
                self._finish()

    def end(self, error: BaseException | None, *, client_left: bool) -> None:
        """Note that the application has ended.

        Args:
            error: The exception with which it ended, or None.
            client_left: The client is known to have left.
        """
        if self.is_over:
            return
        if isinstance(error, ClientDisconnect):
            # Nobody reads the 500 with which servers and middleware answer this exception.
            self.is_aborted, self.status = True, CLIENT_LEFT
        elif not isinstance(error, WebSocketDisconnect):
            self.error = error
        if not self._is_complete:
            self.is_aborted = True
            self.seconds = perf_counter() - self._begun
            self.status = self.status or (CLIENT_LEFT if client_left else 500)
        self._finish()

    def _finish(self) -> None:
        self.is_over = True
        for observer in self._observers:
            try:
                observer.finish(self)
            except Exception:  # noqa: BLE001 - the request must not fail
                logger.exception("An observer of requests has failed")
        self.error = None  # Its traceback refers to the frames of the request.


class ObservedCall(Observed):
    """A request that a server has passed on through ASGI.

    Args:
        observers: The observers.
        scope: The scope of the call.
        receive: The `receive` of the call.
        send: The `send` of the call.
    """

    def __init__(
        self, observers: Iterable[Any], scope: Scope, receive: Receive, send: Send
    ) -> None:
        super().__init__(observers, perf_counter())
        self.scope = scope
        self.app = scope.get("app")
        self.is_websocket = scope["type"] == "websocket"
        self.method = "WS" if self.is_websocket else scope["method"]
        self.path = scope["path"]
        self.headers = scope["headers"]
        self._root_path = scope.get("root_path", "").rstrip("/")
        self._mounts = len(scope.get(INSIDE, ()))
        self._receive = receive
        self._send = send
        self._client_left = False
        #: The length of a file that the server sends by its path.
        self._length = 0

    def route(self) -> str | None:
        return route_template(self.scope, self._root_path, self._mounts)

    async def receive(self) -> Message:
        """Return the next message of the client."""
        message = await self._receive()
        if message["type"] in {"http.disconnect", "websocket.disconnect"}:
            self._client_left = True
            if self.close_code is None and self.is_websocket:
                self.close_code = message.get("code", 1005)
        return message

    async def send(self, message: Message) -> None:
        """Send a message, and note what it says about the response."""
        kind = message["type"]
        if kind in {"http.response.start", "websocket.http.response.start"}:
            self.status = message["status"]
            message = self._with_headers(message)
            if SENDS_FILES in (self.scope.get("extensions") or ()):
                self._length = _content_length(message)
        elif kind == "websocket.accept":
            self.status = 101
            message = self._with_headers(message)
        await self._send(message)
        if kind == "http.response.body":
            self._note_body(message)
        elif kind == "http.response.pathsend":
            self.note_part(self._length, is_last=True)
        elif kind == "websocket.send":
            self.sent += _length_of(message)
        elif kind == "websocket.close" and self.close_code is None:
            self.status = self.status or 403  # It was closed before it was accepted.
            self.close_code = message.get("code", 1000)

    def _with_headers(self, message: Message) -> Message:
        own = list(message.get("headers", ()))
        added = self.take_headers(own)
        return {**message, "headers": own + added} if added else message

    def _note_body(self, message: Message) -> None:
        is_last = not message.get("more_body", False)
        if is_last and self._client_left:
            self.is_aborted = True
        length = 0 if self.method == "HEAD" else len(message.get("body", b""))
        self.note_part(length, is_last=is_last)

    async def run(self, app: ASGIApp) -> None:
        """Let the application answer."""
        self.start()
        self.scope[OBSERVED] = self
        if self.id is not None:
            self.scope.setdefault("state", {})["request_id"] = self.id
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException as error:
            self._end(error)
            raise
        else:
            self._end(None)
        finally:
            self.scope = {}  # It refers to this object.

    def _end(self, error: BaseException | None) -> None:
        if self.is_websocket and (error is None or isinstance(error, WebSocketDisconnect)):
            self.note_part(0, is_last=True)
        self.end(error, client_left=self._client_left)


def _length_of(message: Mapping[str, Any]) -> int:
    """Return the number of bytes in a WebSocket message."""
    text = message.get("text")
    if text is None:
        return len(message.get("bytes") or b"")
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _content_length(message: Message) -> int:
    """Return the length that the head of a response declares; 0 without one."""
    values = [value for name, value in message.get("headers", ()) if name == b"content-length"]
    return int(values[0]) if values and values[0].isdigit() else 0
