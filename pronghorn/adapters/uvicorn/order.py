"""Everything that a client sends has its turn after the requests that it sent before.

Another request, something that is not a request, an upgrade to another protocol, and the end of
what the client sends: each of them may arrive while earlier requests are still being answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httptools

from pronghorn.adapters.uvicorn.connection import DirectConnection
from pronghorn.adapters.uvicorn.exchange import WireExchange
from pronghorn.compile.dispatch import Answerer
from pronghorn.run.exchange import RawHeaders

#: Requests behind one that waits for its client to leave, until nothing more is read.
MAX_WAITING = 1000
NO_REQUEST = "Invalid HTTP request received."  # as uvicorn says it


class OrderlyProtocol(DirectConnection):
    """Keeps the order of a connection, whatever the client sends."""

    #: The request that was parsed just now; it starts when all data at hand is parsed.
    _parsed: WireExchange | None = None
    #: Whether nothing that comes now is a request: it follows an upgrade, or an invalid request.
    _stopped = False
    #: Whether the request that is being parsed will be parsed again, without its upgrade.
    _ignores_upgrade = False

    #: Answers the requests of this connection.
    _answerer: Answerer

    # --- requests behind others ---------------------------------------------------------------

    def _let_wait(self, exchange: WireExchange, earlier: Any) -> None:
        """Answer a pipelined request in its turn; read on only for one that watches its client."""
        if not self.pipeline:
            self.running = earlier
        if not getattr(self.running, "is_receiving", False) or len(self.pipeline) >= MAX_WAITING:
            self.flow.pause_reading()
        self.pipeline.appendleft((exchange, self._answerer))  # type: ignore[arg-type]  # see _start_asgi_task

    def _go_on(self) -> None:
        """Read on, begin with a request that waits, or begin to watch how long none comes."""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            if cycle is None:  # not a request, see `_in_turn`
                app()  # type: ignore[unreachable]  # uvicorn's own pipeline has requests only
                return
            self.running = cycle
            self._start_asgi_task(cycle, app)
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._watch_idleness(self.timeout_keep_alive)

    # --- after what the parser cannot go on with ----------------------------------------------

    def _parse_rest(self, error: Exception, data: bytes) -> None:
        """Go on where the parser has stopped.

        Args:
            error: Why it has stopped.
            data: What it was fed with.
        """
        rest = memoryview(data)  # many upgrades in one segment do not copy it again and again
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
        """Whether the client asks for a WebSocket; HTTP/1.0 has no upgrades (RFC 9110, 7.8)."""
        return self.parser.get_http_version() == "1.1" and super()._should_upgrade()

    def _begin_without_upgrade(self) -> None:
        """Parse the head of a request again, as if it asked for no upgrade.

        A server may ignore an upgrade (RFC 9110, section 7.8). The parser cannot: it takes what
        follows the head for another protocol. The program sees the request as it was sent.
        """
        self._ignores_upgrade = False
        self._unsupported_upgrade_warning()
        method, version = self.parser.get_method(), self.parser.get_http_version()
        headers, self.parser = self.headers, httptools.HttpRequestParser(self)
        if hasattr(self.parser, "set_dangerous_leniencies"):  # as uvicorn does
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        # After CONNECT, the parser would always take what follows for another protocol.
        sent_method = b"GET" if method == b"CONNECT" else method
        lines = [b"%b %b HTTP/%b" % (sent_method, self.url, version.encode("ascii"))]
        lines += [b"%b: %b" % header for header in headers if header[0] != b"upgrade"]
        before = self.cycle
        self.parser.feed_data(b"\r\n".join([*lines, b"", b""]))
        if self.cycle is not before:
            _tell_original(self.cycle, method.decode("ascii"), headers)

    def _upgrade(self) -> None:
        """Hand the connection to uvicorn's WebSocket protocol."""
        self.context.copy().run(self.handle_websocket_upgrade)

    def _refuse(self) -> None:
        """Answer 400 to an invalid request, after the answers to the requests before it."""
        self._stopped = True
        self.logger.warning(NO_REQUEST)
        cycle = self.cycle
        if cycle is None or not cycle.more_body:
            self._in_turn(self._send_400)
        elif self.pipeline and self.pipeline[0][0] is cycle:  # its body is invalid
            self.pipeline[0] = _action(self._send_400)
        elif cycle.response_started:
            self.outbox.flush()
            self.transport.close()
        else:
            self._parsed = None
            self._send_400()

    def _send_400(self) -> None:
        self.send_400_response(NO_REQUEST)

    def _in_turn(self, action: Callable[[], None]) -> None:
        """Do something when all requests that came before are answered."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            action()
        else:
            if not self.pipeline:
                self.running = cycle
            self.pipeline.appendleft(_action(action))

    # --- after the last that the client sends ------------------------------------------------

    def eof_received(self) -> bool | None:  # type: ignore[override]  # uvicorn never goes on
        """Answer what has arrived as a whole; then the connection is closed.

        A client may close its sending side after its last request (RFC 9112, section 9.6). One
        that has left altogether looks the same, so whoever asks is told that it has left.

        Returns:
            Whether the connection stays open for answers.
        """
        self.outbox.flush()
        cycle, pipeline = self.cycle, self.pipeline
        if cycle is None or cycle.response_complete or self.scheme == "https":
            return None  # over TLS, the event loop closes the connection in any case
        first = self.running if pipeline else cycle
        if pipeline and self._will_never_be_whole(*pipeline[0]):
            pipeline.popleft()
        waiting = [first, *(exchange for exchange, _ in reversed(pipeline) if exchange is not None)]
        if any(type(exchange) is not WireExchange or exchange.more_body for exchange in waiting):
            return None
        if not pipeline or pipeline[0][0] is not None:
            waiting[-1].keep_alive = False
        for exchange in waiting:
            exchange.end_input()
        return True

    def _will_never_be_whole(self, cycle: Any, action: Any) -> bool:
        """Whether an entry of the pipeline needs what a client does not send any more."""
        return bool(action == self._upgrade if cycle is None else cycle.more_body)


def _action(action: Callable[[], None]) -> Any:
    """Return an entry of the pipeline that is not a request."""
    return None, action


def _tell_original(cycle: Any, method: str, headers: RawHeaders) -> None:
    """Show a request as it was sent, although it was parsed without its upgrade."""
    if type(cycle) is WireExchange:
        cycle.method, cycle.headers = method, headers
    else:
        cycle.scope["method"] = method
        cycle.scope["headers"][:] = headers
