"""Keep the order of a connection: earlier requests are answered before later data is handled.

Another request, invalid data, an upgrade to another protocol, and the end of the input: each of
them may arrive while earlier requests are still being answered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import httptools

from pronghorn.adapters.request_heads import explain_refusal
from pronghorn.adapters.server_limits import read_limits
from pronghorn.adapters.uvicorn.backpressure import MAX_WAITING
from pronghorn.adapters.uvicorn.exchange import WireExchange
from pronghorn.adapters.uvicorn.strictness import INVALID, StrictProtocol
from pronghorn.compile.dispatch import Answerer
from pronghorn.run.exchange import RawHeaders

#: The most bytes that are parsed at a time, unless they belong to one body.
MAX_FED = 65_536
#: The most bytes in which the end of the first head is looked for.
MAX_HEAD = 8192
#: The number of requests that wait below which data that was received before is parsed.
FEW_WAITING = MAX_WAITING // 2
END_OF_HEAD = b"\r\n\r\n"
#: In place of the headers between two requests. It discards the trailers of a chunked body, which
#: must not become headers (RFC 9110, section 6.5.1).
TRAILERS: Any = deque(maxlen=0)


class OrderlyProtocol(StrictProtocol):
    """Handles all data of a client in the order in which it was sent."""

    #: The request that was just parsed; it starts when all received data is parsed.
    _parsed: WireExchange | None
    #: True after an upgrade or an invalid request: later data is not a request.
    _stopped = False
    #: True if the request that is being parsed will be parsed again without its upgrade.
    _ignores_upgrade = False

    #: Answers the requests of this connection.
    _answerer: Answerer

    # --- requests behind others ---------------------------------------------------------------

    def _let_wait(self, exchange: WireExchange, earlier: Any) -> None:
        """Queue a pipelined request; stop reading unless the running one watches its client."""
        if not self.pipeline:
            self.running = earlier
        running = self.running
        watches = getattr(running, "is_receiving", False) or getattr(running, "on_leave", None)
        if not watches or len(self.pipeline) >= MAX_WAITING:
            self.flow.pause_reading()
        self.pipeline.appendleft((exchange, self._answerer))  # type: ignore[arg-type]  # see _start_asgi_task

    def _go_on(self) -> None:
        """Read on, and start the next request that waits, if there is one."""
        if self.transport.is_closing():
            return
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._read_on()
            if cycle is None:  # Not a request, see `_in_turn`.
                app()  # type: ignore[unreachable]  # uvicorn's own pipeline has requests only
                return
            self.running = cycle
            self._start_asgi_task(cycle, app)
            return
        self._read_on()
        self._idle_since = self.loop.time()
        if not self.timeout_keep_alive:
            self.loop.call_soon(self._close_if_idle)

    def _close_if_idle(self) -> None:
        """Close the connection, which is not kept alive, unless the next request is here."""
        if self._idle_since is None or self._stopped or self.transport.is_closing():
            return  # One that was refused is closed a little later.
        self.transport.close()

    def _read_on(self) -> None:
        """Parse or read more, as soon as nothing waits."""
        if self.flow.unparsed is not None:
            if len(self.pipeline) <= FEW_WAITING:
                self.loop.call_soon(self._parse_on)
        elif not self.pipeline:
            self.flow.resume_reading()

    # --- much data at once --------------------------------------------------------------------

    def _parse_portions(self, data: Any) -> None:
        """Parse much data in portions, and keep the rest while many requests wait.

        The body of a request whose length is known is one portion, since it is one part for the
        program: to join parts costs a copy.

        Args:
            data: The data, in bytes or a `memoryview`.
        """
        rest = memoryview(data)
        size = self._rest_of_body() or bytes(rest[:MAX_HEAD]).find(END_OF_HEAD) + len(END_OF_HEAD)
        while True:
            portion, rest = rest[:size], rest[size:]
            try:
                self.parser.feed_data(portion)
            except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
                self._parse_rest(error, portion)
            if not rest:
                return
            if len(self.pipeline) >= MAX_WAITING:
                self.flow.pause_reading()
                self.flow.unparsed = rest
                return
            size = max(MAX_FED, self._rest_of_body())

    def _rest_of_body(self) -> int:
        """Return how many bytes of the current body are missing, if its length is known, else 0."""
        exchange = self.cycle
        if not isinstance(exchange, WireExchange) or not exchange.more_body:
            return 0
        length = exchange.header(b"content-length")
        return int(length) - exchange.taken - len(exchange.body) if length else 0

    def _parse_on(self) -> None:
        """Parse what was received while many requests waited."""
        rest, self.flow.unparsed = self.flow.unparsed, None
        if rest is None or self.transport.is_closing():
            return
        self.data_received(rest)  # type: ignore[arg-type]  # a view of bytes
        if not self.pipeline:
            self.flow.resume_reading()

    # --- data that stops the parser -----------------------------------------------------------

    def _parse_rest(self, error: Exception, data: bytes | memoryview) -> None:
        """Continue where the parser has stopped.

        Args:
            error: The exception that stopped the parser.
            data: The data that the parser was fed with.
        """
        rest = memoryview(data)  # A segment with many upgrades is not copied again and again.
        while not self._stopped:
            if not isinstance(error, httptools.HttpParserUpgrade):
                self._refuse()
                return
            if self._should_upgrade():
                self._stopped = True
                self._in_turn(self._upgrade)
                return
            rest = rest[error.args[0] :]
            try:
                self._begin_without_upgrade()
                if rest:
                    self.parser.feed_data(rest)
            except (httptools.HttpParserError, httptools.HttpParserUpgrade) as raised:
                error = raised
            else:
                return

    def _should_upgrade(self) -> bool:
        """Return True if the client asks for a WebSocket, which HTTP/1.0 cannot (RFC 9110, 7.8)."""
        return self.parser.get_http_version() == "1.1" and super()._should_upgrade()

    def _begin_without_upgrade(self) -> None:
        """Parse the head of a request again without its upgrade.

        A server may ignore an upgrade (RFC 9110, section 7.8). The parser cannot: it treats the
        data after the head as another protocol. The program sees the request as it was sent.
        """
        self._ignores_upgrade = False
        self._unsupported_upgrade_warning()
        method, version = self.parser.get_method(), self.parser.get_http_version()
        headers, self.parser = self.headers, httptools.HttpRequestParser(self)
        if hasattr(self.parser, "set_dangerous_leniencies"):  # As in uvicorn.
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        # After CONNECT, the parser always treats the data as another protocol.
        sent_method = b"GET" if method == b"CONNECT" else method
        lines = [b"%b %b HTTP/%b" % (sent_method, self.url, version.encode("ascii"))]
        lines += [b"%b: %b" % header for header in headers if header[0] != b"upgrade"]
        before = self.cycle
        self.headers = TRAILERS  # The request begins anew.
        self.parser.feed_data(b"\r\n".join([*lines, b"", b""]))
        if self.cycle is not before:
            _restore_original(self.cycle, method.decode("ascii"), headers)

    def _upgrade(self) -> None:
        """Pass the connection to uvicorn's WebSocket protocol."""
        self.context.copy().run(self.handle_websocket_upgrade)

    def _refuse(self) -> None:
        """Refuse an invalid request, after the earlier requests are answered."""
        self._stopped = True
        text = explain_refusal(self.refusal, read_limits())
        # The line for what is no HTTP at all is uvicorn's.
        self.logger.warning(text if self.refusal is INVALID else self.client_prefix() + text)
        cycle = self.cycle
        if cycle is None or not cycle.more_body:
            self._in_turn(self.send_refusal)
        elif self.pipeline and self.pipeline[0][0] is cycle:  # Its body is invalid.
            self.pipeline[0] = _action(self.send_refusal)
        elif cycle.response_started:
            self.outbox.flush()
            self.transport.close()
        else:
            self._parsed = None
            _end_early(cycle)
            self.send_refusal()

    def client_prefix(self) -> str:
        """Return the beginning of a line of the log about the client, as uvicorn writes it."""
        return f"{self.client[0]}:{self.client[1]} - " if self.client else ""

    def _in_turn(self, action: Callable[[], None]) -> None:
        """Run an action once all earlier requests are answered."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            action()
        else:
            if not self.pipeline:
                self.running = cycle
            self.pipeline.appendleft(_action(action))

    # --- the end of the input ----------------------------------------------------------------

    def eof_received(self) -> bool | None:  # type: ignore[override]  # uvicorn always closes
        """Answer the requests that have arrived completely; then close the connection.

        A client may close its sending side after its last request (RFC 9112, section 9.6). A
        client that has left looks the same, so programs that check are told that it has left.

        Returns:
            True if the connection stays open for responses, else None.
        """
        self.outbox.flush()
        cycle, pipeline = self.cycle, self.pipeline
        if cycle is None or cycle.response_complete or self.scheme == "https":
            return self._close_after_the_last_byte()
        first = self.running if pipeline else cycle
        if pipeline and self._will_never_be_whole(*pipeline[0]):
            pipeline.popleft()
        waiting = [first, *(exchange for exchange, _ in reversed(pipeline) if exchange is not None)]
        if any(
            not isinstance(exchange, WireExchange) or exchange.more_body for exchange in waiting
        ):
            return self._close_after_the_last_byte()
        if not pipeline or pipeline[0][0] is not None:
            waiting[-1].keep_alive = False
        for exchange in waiting:
            exchange.end_input()
        return True

    def _close_after_the_last_byte(self) -> bool | None:
        """Close the connection when everything is written, and return what `eof_received` does."""
        slices = self.flow.slices
        if slices is None:
            return None
        if self.scheme == "https":
            slices.release()  # The event loop always closes the connection then.
            return None
        return slices.close_when_written()

    def _will_never_be_whole(self, cycle: Any, action: Any) -> bool:
        """Return True if an entry of the pipeline needs data that will not arrive any more."""
        return bool(action == self._upgrade if cycle is None else cycle.more_body)


def _action(action: Callable[[], None]) -> Any:
    """Return an entry of the pipeline that is not a request."""
    return None, action


def _end_early(cycle: Any) -> None:
    """Tell a request that is answered with a refusal that its client has left.

    Nothing can be written any more, although the connection stays open for a moment.
    """
    cycle.waiting_for_100_continue = False
    cycle.disconnected = True
    cycle.message_event.set()
    if isinstance(cycle, WireExchange):
        cycle.note_departure()


def _restore_original(cycle: Any, method: str, headers: RawHeaders) -> None:
    """Give a request that was parsed without its upgrade the method and headers that were sent."""
    if isinstance(cycle, WireExchange):
        cycle.method, cycle.headers = method, headers
    else:
        cycle.scope["method"] = method
        cycle.scope["headers"][:] = headers
