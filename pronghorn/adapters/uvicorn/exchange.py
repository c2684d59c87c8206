"""One request that uvicorn's parser has read, answered by writing to its transport.

The short ways (a body that has arrived, a JSON response) use no ASGI messages. Everything else goes
through uvicorn's own request cycle, from which the exchange inherits `send` and `receive`: uvicorn
implements chunks, flow control, `Expect: 100-continue` and the checks of headers.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from pronghorn.adapters.uvicorn.backpressure import send_part
from pronghorn.adapters.uvicorn.connection_values import OfConnection
from pronghorn.adapters.uvicorn.departure import TellsDeparture
from pronghorn.adapters.uvicorn.known_lines import whole_head
from pronghorn.adapters.uvicorn.outbox import can_write, log_access, with_headers
from pronghorn.adapters.uvicorn.strictness import TOO_LARGE, StrictProtocol
from pronghorn.adapters.uvicorn.waiting_head import WaitingHead, is_complete, read_headers
from pronghorn.compile.dispatch import Answerer, answer
from pronghorn.run.exchange import (
    EXCHANGES,
    STARLETTE_BODY,
    Exchange,
    RawHeaders,
    same_exchange,
)

FRAGMENT = ord("#")
ALREADY_ANSWERED = "An answer was sent after the response was already completed or begun."


class WireExchange(OfConnection, TellsDeparture, RequestResponseCycle, Exchange):
    """One HTTP request on a connection of uvicorn, and uvicorn's record of it in one object.

    Values that most requests never change are on the class, so that an instance is cheap to make;
    the others have slots, so that most requests need no dictionary.
    """

    __slots__ = (
        "body",
        "headers",
        "method",
        "more_body",
        "path",
        "protocol",
        "query_string",
        "raw_path",
        "response_complete",
        "response_started",
        "task",
    )

    disconnected = False
    chunked_encoding = None
    expected_content_length = 0
    #: True if a proxy has sent headers about the client.
    forwarded = False
    #: The HTTP version if it is not 1.1.
    http_version: str | None = None
    keep_alive = True
    waiting_for_100_continue = False
    #: True if the client has closed its sending side. It may have left, or it may still read.
    input_ended = False
    #: True while a caller waits in `receive`.
    is_receiving = False
    #: True once `receive` has returned the whole body.
    has_received = False
    #: Bytes of the body that `receive` has returned in parts.
    taken = 0
    is_bare = True
    is_http = True  # Known without a scope.
    query_string: bytes  # An attribute; the base class has a property.
    held: WaitingHead | None = None
    _scope: Scope | None = None
    #: The event for which `receive` waits; made on first use.
    event: asyncio.Event | None = None
    connection_or_none: Any = None
    form: Any = None
    _unread: Any = None

    def __init__(self, protocol: StrictProtocol, method: str) -> None:
        self.protocol = protocol
        self.headers = protocol.headers
        self.method = method
        self.more_body = True
        self.response_started = self.response_complete = False
        self.body: Any = b""
        self._body = self.routed = None
        #: The task that runs this exchange, while the server has to remember it.
        self.task: asyncio.Task[None] | None = None
        url = protocol.url
        # Search for the fragment by its code: with a bytes operand, Python first tries to convert
        # it to a number, and builds the message of the error.
        if url[:1] != b"/" or FRAGMENT in url:
            url = protocol.to_origin_form(url)
        # The parser has checked the characters, so the URL needs no further parsing.
        self.raw_path, _, self.query_string = url.partition(b"?")
        path = self.raw_path.decode("ascii")  # A URL that is not ASCII is answered with 400.
        self.path = unquote(path) if "%" in path else path

    # --- the head of the request ------------------------------------------------------------

    @property
    def scope(self) -> Scope:  # type: ignore[override]  # made on first use
        """Return the ASGI scope, as uvicorn would have made it."""
        scope = self._scope
        if scope is None:
            scope = self._scope = self._make_scope()
        return scope

    def _make_scope(self) -> Scope:
        protocol = self.protocol
        path, raw_path = self.path, self.raw_path
        if protocol.root_path:
            path = protocol.root_path + path
            raw_path = protocol.root_path.encode("ascii") + raw_path
        scope: Scope = protocol.scope_template.copy()
        scope["headers"] = self.headers
        scope["state"] = protocol.app_state.copy()
        scope["method"] = self.method
        scope["path"] = path
        scope["raw_path"] = raw_path
        scope["query_string"] = self.query_string
        if self.http_version is not None:
            scope["http_version"] = self.http_version
        if self.forwarded:
            protocol.apply_proxy_headers(scope)
        if self.routed is not None:
            scope["router"], entry, params = self.routed
            if entry is not None:
                entry.update_scope(scope, params)
        return scope

    def use_scope(self) -> None:
        """Find the route by the scope."""
        self.is_bare = False

    def header(self, name: bytes) -> str | None:
        """Return the first value of a header, or None; `name` is in lower case."""
        for key, value in self.headers:
            if key == name:
                return str(value, "latin-1")
        return None

    def first_headers(self) -> dict[bytes, bytes]:
        """Return all headers by name, the first value of each."""
        return dict(reversed(self.headers))

    def header_values(self, name: bytes) -> list[str]:
        """Return every value of a header; `name` is in lower case."""
        return [str(value, "latin-1") for key, value in self.headers if key == name]

    # --- the body -------------------------------------------------------------------------

    def add_body(self, body: bytes) -> None:
        """Keep another part of the body until it is read."""
        if type(self.body) is bytes:
            self.body = bytearray(self.body)
        self.body += body

    @property
    def message_event(self) -> asyncio.Event:  # type: ignore[override]  # made on first use
        """Return the event for which `receive` waits; most requests never need it."""
        if self.event is None:
            self.event = asyncio.Event()
            if self._body is None and (self.body or not self.more_body):
                self.event.set()
        return self.event

    def whole_body(self) -> bytes | None:
        """Return the whole body if it has arrived and is not read in another way, else None."""
        if (
            self._body is None
            and not self.more_body
            and self.connection_or_none is None
            and self._unread is None
            and Request.body is STARLETTE_BODY
        ):
            self._body = bytes(self.body)
            self.body = b""
            if self.event is not None:
                self.event.clear()
        return self._body

    async def read_body(self) -> bytes:
        """Return the whole body.

        Raises:
            ClientDisconnect: The client left before the end of the body.
        """
        body = self.whole_body()
        return await Exchange.read_body(self) if body is None else body

    receive = Exchange.receive  # type: ignore[assignment]  # typed messages

    async def _receive(self) -> Any:
        """Return the next part of the body; after its end, wait until the client leaves."""
        is_over = self.has_received or self._body is not None
        if is_over and self.input_ended:
            return {"type": "http.disconnect"}
        self.is_receiving = True
        if not self.more_body:  # Then nobody waits for 100 (RFC 9110, section 10.1.1).
            self.waiting_for_100_continue = False
        try:
            message = await RequestResponseCycle.receive(self)
        finally:
            self.is_receiving = False
        if message["type"] == "http.request":
            if is_over and self.input_ended:
                return {"type": "http.disconnect"}
            self.has_received = not message["more_body"]
            self.taken += len(message["body"])
        return message

    def has_whole_body(self, limit: int) -> bool:
        """Return True if the whole body has arrived, and has no more than `limit` bytes."""
        return not self.more_body and len(self.body) <= limit

    # --- the response -----------------------------------------------------------------------

    @property
    def has_left(self) -> bool:
        """Return True as soon as the status line may have been sent."""
        return self.response_started or self.held is not None

    @has_left.setter
    def has_left(self, value: bool) -> None:
        """Ignore the value: the cycle tracks this itself."""

    started = has_left

    async def send(self, message: Any) -> None:
        """Send one ASGI message; the head of a complete response waits for its body.

        So a response is written once instead of twice.
        """
        held = self.held
        if held is None:
            if message["type"] == "http.response.start" and not self.response_started:
                self.held = WaitingHead.of(message)
            if self.held is None:
                await self.send_part(message)
            return
        self.held = None
        protocol, status = self.protocol, held.message["status"]
        first = protocol.heads.first_lines(status, protocol.server_state.default_headers)
        if first is None or not held.is_completed_by(message, self.method):
            await self.send_part(held.message)
            await self.send_part(message)
        elif await can_write(self, protocol.flow):
            self._write(status, held.after(first), message.get("body", b""))

    #: Sends one message of a response that is not complete; HTTP/1.0 has another one.
    send_part: Any = send_part

    #: The cycle itself remembers that a response has started.
    track_and_send = send

    async def send_whole(self, start: Any, body: Any) -> None:
        """Send the two messages of a complete response with one write, if that is possible now."""
        protocol, status, content = self.protocol, start["status"], body.get("body", b"")
        first = protocol.heads.first_lines(status, protocol.server_state.default_headers)
        head = None
        if first is not None and is_complete(body) and not self.must_wait():
            head = whole_head(first, read_headers(start), len(content))
        if head is None:
            await Exchange.send_whole(self, start, body)
        else:
            self._write(status, head, content)

    def must_wait(self) -> bool:
        """Return True if a response has begun, or if nothing can be written to the client now."""
        return bool(
            self.response_started
            or self.disconnected
            or self.held is not None
            or self.protocol.flow.write_paused
        )

    def write_json(self, body: bytes, status: int) -> bool:
        """Write a complete JSON response at once, if no wait and no further check is necessary.

        Returns:
            True if it was written; otherwise the caller must await `send_json`.
        """
        protocol = self.protocol
        heads, defaults = protocol.heads, protocol.server_state.default_headers
        head = heads.made.get((status, len(body))) if defaults is heads.defaults else None
        if head is None:
            head = heads.of_json(status, len(body), defaults)
        if (  # Most requests come here: the call of `must_wait` is saved.
            head is None
            or self.response_started
            or self.disconnected
            or not self.keep_alive
            or self.held is not None
            or protocol.access_log
            or protocol.flow.write_paused
            or self.method == "HEAD"
        ):
            return False
        self.response_started = self.response_complete = True
        protocol.outbox.write(protocol.transport, head, body)
        if self.event is not None:
            self.event.set()
        protocol.on_response_complete()
        return True

    write_last_json = write_json

    async def send_json(
        self, body: bytes, status: int = 200, headers: RawHeaders | None = None
    ) -> None:
        """Send a complete JSON response with one write."""
        protocol = self.protocol
        defaults = protocol.server_state.default_headers
        head = protocol.heads.of_json(status, len(body), defaults)
        if headers:
            head = with_headers(head, headers)
        if head is None:
            await Exchange.send_json(self, body, status, headers)
            return
        if self.response_started or self.held is not None:
            raise RuntimeError(ALREADY_ANSWERED)
        if (self.disconnected or protocol.flow.write_paused) and not await can_write(
            self, protocol.flow
        ):
            return
        self._write(status, head, body)

    def _write(self, status: int, head: bytes, body: bytes) -> None:
        """Write a complete response and tell the connection that it is over."""
        protocol = self.protocol
        self.response_started = self.response_complete = True
        if protocol.access_log:
            log_access(protocol.access_logger, self.scope, status)
        content = b"" if self.method == "HEAD" else body
        is_last = not self.keep_alive or (status == TOO_LARGE and self.more_body)
        if is_last:
            head = b"%bconnection: close\r\n\r\n" % head[:-2]
        protocol.outbox.write(protocol.transport, head, content)
        if is_last and self.more_body:
            protocol.leave_body()
        elif is_last:
            self.transport.close()  # The property writes the waiting responses first.
        if self.event is not None:
            self.event.set()
        protocol.on_response_complete()

    async def run(self, answerer: Answerer) -> None:
        """Let the compiled application answer; if it fails, do as uvicorn does."""
        try:
            await answer(answerer, self)
        except BaseException as error:
            self.logger.error("Exception in ASGI application\n", exc_info=error)
            await self._give_up(error)
        else:
            if self.response_complete or self.disconnected:
                if self.protocol.cycle is self and not self.more_body:
                    self.protocol.cycle = None  # An idle connection keeps nothing of its request.
                return
            if self.input_ended:  # The program knows that the client has left.
                self.transport.close()
                return
            what = "completing" if self.has_left else "starting"
            self.logger.error("ASGI callable returned without %s response.", what)
            await self._give_up()
        finally:
            if self.task is not None:
                self.protocol.tasks.discard(self.task)
                self.task = None

    async def _give_up(self, error: BaseException | None = None) -> None:
        """Answer 500, or close the connection if a response has started.

        Args:
            error: The exception of the application; None if it has returned too early.
        """
        if self.held is not None:
            held, self.held = self.held, None
            await self.send_part(held.message)
        if self.response_started:
            self.transport.close()
        else:
            await self.send_500_response()


#: Middleware that wraps neither `receive` nor `send` passes on the exchange itself.
EXCHANGES[WireExchange] = same_exchange
