"""One HTTP request of Granian's RSGI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from anyio import CancelScope
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Scope

from pronghorn.adapters.headers import check_header
from pronghorn.run.exchange import STARLETTE_BODY, Exchange, RawHeaders

JSON_HEADERS = [("content-type", "application/json")]
#: The characters that a path may contain as they are (RFC 3986, section 3.3).
PATH_SAFE = "/:@!$&'()*+,;=~-._"
ALREADY_ANSWERED = "An answer was sent after the response was already completed or begun."
DISCONNECT: Message = {"type": "http.disconnect"}
#: The length of a body that comes in chunks.
UNKNOWN = -1
#: Seconds to wait for the server's word on a client that may have left before anybody asked.
FIRST_WORD = 0.005


def bodyless(status: int) -> bool:
    """Whether a response with this status has no body (RFC 9110, section 6.4.1)."""
    return status < 200 or status in (204, 304)


class RsgiExchange(Exchange):
    """One HTTP request and its answer.

    - `make_scope`: gives the ASGI scope of `request`.
    - `request`, `protocol`: RSGI's scope and protocol objects.
    """

    is_http = True  # known without a scope

    __slots__ = (
        "_body_ended",
        "_chunks",
        "_headers",
        "_make_scope",
        "_missing",
        "_over",
        "_scope",
        "_status",
        "_transport",
        "_watch",
        "complete",
        "is_bare",
        "method",
        "path",
        "protocol",
        "request",
    )

    def __init__(self, make_scope: Callable[[Any], Scope], request: Any, protocol: Any) -> None:
        self._make_scope = make_scope
        self.request = request
        self.protocol = protocol
        self.method = request.method
        self.path = request.path
        self.is_bare = True
        self.routed: tuple[Any, Any, Any] | None = None
        self.started = False
        self.complete = False
        self._scope: Scope | None = None
        self._body: bytes | None = None
        self._connection = None
        self.form = None
        self._body_ended = False
        self._chunks: Any = None
        #: Bytes of the body that have not come yet.
        self._missing: int | None = None
        self._status = 0
        self._headers: list[tuple[str, str]] = []
        self._transport: Any = None
        #: Set once the response is complete or the client has left; made when waited for.
        self._over: asyncio.Event | None = None
        self._watch: asyncio.Future[None] | None = None

    # --- the request ------------------------------------------------------------------------

    @property
    def scope(self) -> Scope:  # type: ignore[override]  # made when somebody asks
        """The ASGI scope."""
        if self._scope is None:
            self._scope = self._make_scope(self.request)
            self.tell_route(self._scope)
        return self._scope

    @property
    def query_string(self) -> bytes:
        """The query as the client sent it."""
        return self.request.query_string.encode("latin-1")  # type: ignore[no-any-return]  # RSGI's

    def use_scope(self) -> None:
        """Have the route looked for by the scope."""
        self.is_bare = False

    def header(self, name: bytes) -> str | None:
        """The first value of a header; `name` in lower case."""
        value: str | None = self.request.headers.get(name.decode("latin-1"))
        return value

    async def read_body(self) -> bytes:
        """The whole body. Raises `ClientDisconnect` when the client leaves before its end."""
        if self._body is None:
            is_replaced = Request.body is not STARLETTE_BODY
            if self._connection is not None or self._chunks is not None or is_replaced:
                return await Exchange.read_body(self)
            try:
                self._body = await self.protocol()
            except RuntimeError as error:  # RSGIProtocolClosed
                raise ClientDisconnect from error
            self._body_ended = True
        return self._body

    async def receive(self) -> Message:
        """The next ASGI message of the client."""
        if not self._body_ended and not self.complete:
            return await self._receive_chunk()
        if not self.complete:
            await self._departure()
        return DISCONNECT

    async def _receive_chunk(self) -> Message:
        """The next part of the body.

        Iteration ends in the same way for a body that is complete and for one that its client has
        broken off. So the length decides; a body of unknown length is read in one piece, which
        does tell.
        """
        if self._missing is None:
            self._missing = self._announced_length()
        if self._missing == UNKNOWN:
            return await self._receive_whole()
        chunk = await self._next_chunk() if self._missing else b""
        self._missing -= len(chunk)
        self._body_ended = self._missing == 0 or not chunk
        if self._missing and not chunk:
            return DISCONNECT
        return {"type": "http.request", "body": chunk, "more_body": self._missing > 0}

    async def _next_chunk(self) -> bytes:
        """A part of the body; empty at the end."""
        if self._chunks is None:
            self._chunks = aiter(self.protocol)
        try:
            # Beyond the end the method itself raises, not what it returns, and `anext` with a
            # default then crashes the process (CPython before 3.13.3, issue 131670).
            chunk: bytes = await self._chunks.__anext__()
        except StopAsyncIteration:
            return b""
        return chunk

    def _announced_length(self) -> int:
        headers = self.request.headers
        length = headers.get("content-length")
        if length is not None:
            return int(length)
        is_empty = self.request.http_version[0] == "1" and "transfer-encoding" not in headers
        return 0 if is_empty else UNKNOWN

    async def _receive_whole(self) -> Message:
        self._body_ended = True
        try:
            body = await self.protocol()
        except RuntimeError:  # RSGIProtocolClosed
            return DISCONNECT
        return {"type": "http.request", "body": body, "more_body": False}

    def _watched(self) -> asyncio.Future[None]:
        """Done when the client has left."""
        if self._watch is None:
            self._watch = asyncio.ensure_future(self._watch_client())
        return self._watch

    async def _departure(self) -> None:
        """Wait until the client has left or the response is complete."""
        if self._over is None:
            self._over = asyncio.Event()
            # `Request.is_disconnected` gives up at the first wait, and the server's word takes a
            # moment; without the shield its first answer would always be no.
            with CancelScope(shield=True):
                await asyncio.wait([self._watched()], timeout=FIRST_WORD)
            if self._watched().done():
                return
        await self._over.wait()

    async def _watch_client(self) -> None:
        await self.protocol.client_disconnect()
        if self._over is not None:
            self._over.set()

    # --- the answer -------------------------------------------------------------------------

    def write_json(self, body: bytes, status: int) -> bool:
        """Write a complete JSON response in one call."""
        if self.started:
            return False
        self.started = True
        self.protocol.response_bytes(status, JSON_HEADERS, body)
        self._end()
        return True

    async def send_json(
        self, body: bytes, status: int = 200, headers: RawHeaders | None = None
    ) -> None:
        """Send a complete JSON response in one call."""
        if self.started:
            raise RuntimeError(ALREADY_ANSWERED)
        written = JSON_HEADERS + text_headers(headers) if headers else JSON_HEADERS
        self.started = True
        self.protocol.response_bytes(status, written, body)
        self._end()

    async def send(self, message: Message) -> None:
        """Send one ASGI message."""
        if message["type"] == "http.response.start":
            self._begin(message["status"], text_headers(message.get("headers", ())))
        elif message["type"] == "http.response.body":
            await self._send_body(message.get("body", b""), message.get("more_body", False))
        else:
            raise RuntimeError(f"RSGI has no answer for the ASGI message {message['type']!r}.")

    async def tracked_send(self, message: Message) -> None:
        """`send` keeps `started` itself."""
        await self.send(message)

    def _begin(self, status: int, headers: list[tuple[str, str]]) -> None:
        if self._status or self.complete:
            raise RuntimeError(ALREADY_ANSWERED)
        self._status = status
        self._headers = headers
        self.started = True
        has_length = any(name.lower() == "content-length" for name, _ in headers)
        if not has_length and not bodyless(status) and self.request.method != "HEAD":
            self._stream()  # the client sees the beginning even before the first item

    def _stream(self) -> None:
        self._transport = self.protocol.response_stream(self._status, self._headers)

    async def _send_body(self, body: Any, more: bool) -> None:
        if not self._status or self.complete:
            raise RuntimeError("A body was sent before the status, or after its end.")
        silent = bodyless(self._status) or self.request.method == "HEAD"
        if self._transport is None and more and not silent:
            self._stream()
        if self._transport is not None:
            await self._send_chunk(bytes(body))
            if not more:
                self._transport = None  # RSGI ends the response when nobody holds it
        elif not more and silent:
            self.protocol.response_empty(self._status, self._headers)
        elif not more:
            self.protocol.response_bytes(self._status, self._headers, bytes(body))
        if not more:
            self._end()

    async def _send_chunk(self, chunk: bytes) -> None:
        if not chunk:
            return
        try:
            await self._transport.send_bytes(chunk)
        except RuntimeError:  # RSGIProtocolClosed: the client has left; `receive` tells
            return

    def _end(self) -> None:
        self.complete = True
        if self._over is not None:
            self._over.set()
        if self._watch is not None:
            self._watch.cancel()

    # --- the end ----------------------------------------------------------------------------

    def fail(self) -> None:
        """The application raised: answer 500 if nothing was answered yet."""
        self._transport = None
        if not self.started:
            self.started = True
            headers = [("content-type", "text/plain; charset=utf-8")]
            self.protocol.response_bytes(500, headers, b"Internal Server Error")
        self._end()

    def finish(self) -> None:
        """The application returned: it must have answered, or the client have left."""
        if not self.complete:
            self.fail()


def text_headers(headers: Any) -> list[tuple[str, str]]:
    """Headers as RSGI takes them; raises `RuntimeError` for one that must not be written."""
    written = []
    for name, value in headers:
        check_header(name, value)
        written.append((str(name, "latin-1"), str(value, "latin-1")))
    return written


def asgi_scope(request: Any, root_path: str) -> Scope:
    """The ASGI scope for RSGI's."""
    is_http = request.proto == "http"
    headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()
    ]
    if request.authority is not None and all(name != b"host" for name, _ in headers):
        headers.insert(0, (b"host", request.authority.encode("latin-1")))
    path = request.path
    scheme = request.scheme if is_http else request.scheme.replace("http", "ws")
    scope: Scope = {
        "type": "http" if is_http else "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.0" if request.http_version == "1" else request.http_version,
        "server": address(request.server),
        "client": address(request.client),
        "scheme": scheme,
        "root_path": root_path,
        "headers": headers,
        "path": root_path + path,
        "raw_path": quote(root_path + path, PATH_SAFE).encode(),
        "query_string": request.query_string.encode("latin-1"),
    }
    if is_http:
        scope["method"] = request.method
    else:
        offered = request.headers.get("sec-websocket-protocol") or ""
        scope["subprotocols"] = [name.strip() for name in offered.split(",") if name.strip()]
    return scope


def address(text: str) -> tuple[str, int | None] | None:
    """Host and port of "127.0.0.1:8000" or "[::1]:8000"; a socket's path has no port."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit():
        return (text, None) if text else None
    return host.strip("[]"), int(port)
