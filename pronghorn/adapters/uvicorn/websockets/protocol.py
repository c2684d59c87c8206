"""The WebSockets of `pronghorn run`: uvicorn's protocol on websockets, within limits.

What it corrects is listed in docs/reliability.md. A connection is read as far as its program, and
its own answers, can follow; it ends so that the client sees the reason, and it does end.
"""

from __future__ import annotations

from typing import Any

from starlette.websockets import WebSocketDisconnect
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State

from pronghorn.adapters.uvicorn.taken import count_acknowledged, count_waiting
from pronghorn.adapters.uvicorn.websockets.messages import MessageReader
from pronghorn.core.refused import advise, log_refused

#: Seconds for which data of a client is discarded behind the close frame. If a connection is
#: closed while data arrives, the client's system may discard what it has not read.
LINGER = 1.0
#: Seconds in which a client has to read a part of what is left when the connection closes.
STALL = 10.0
#: Bytes that are kept of a client that does not wait for the end of the handshake.
EARLY_BYTES = 65_536
#: The close code for a message that is too long (RFC 6455, section 7.4.1).
TOO_BIG = 1009
#: The last part of a response in place of a connection (ASGI, "WebSocket Denial Response").
_ANSWER = "websocket.http.response.body"
MALFORMED = 400, "Failed to open a WebSocket connection: the request is malformed.\n"


class LimitedWebSocket(WebSocketsSansIOProtocol):
    """One WebSocket connection.

    Attributes:
        conn: The parser.
        is_over: True if nothing is read or written any more: the connection is lost, or this side
            has ended it and discards what the client sends.
    """

    conn: MessageReader
    is_over = False
    #: What the client had acknowledged when a ping was sent, or later, and what it will have when
    #: it finds the ping.
    _taken = _before_ping = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        extensions, config = self.conn.available_extensions, self.config
        self.conn = MessageReader(extensions, config.ws_max_size, config.ws_max_queue, self.logger)

    # --- reading ------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take data of the client."""
        if not self.is_over:
            self.conn.receive_data(data)
            self._take_events()
            if not self.handshake_initiated:
                self._refuse_handshake()

    def _take_events(self) -> None:
        """Handle what was read, answer it, and stop reading if it is enough for now."""
        self.handle_events()
        conn = self.conn
        if conn.writes and not self.is_over:
            self._write()
        if conn.parser_exc is not None and not self.is_over:
            self.handle_parser_exception()
        elif conn.pausing.is_paused and not self.is_over:
            self._pause()

    def handle_events(self) -> None:
        """Give messages to the program, and handle control frames."""
        events: list[Any] = self.conn.events_received()
        for event in events:
            if type(event) is dict:  # A whole message, see `MessageReader`.
                if not self.close_sent:  # Else the program is past it.
                    self.queue.put_nowait(event)  # type: ignore[arg-type]  # uvicorn's own types
            elif isinstance(event, Frame):
                if event.opcode is Opcode.PONG:
                    self.handle_pong(event)
                elif event.opcode is Opcode.CLOSE:
                    self.handle_close(event)
            elif isinstance(event, Request):
                self.handle_connect(event)

    def _pause(self) -> None:
        """Stop reading; `_go_on` is called when the program, or the client, has taken something."""
        if not self.handshake_complete and len(self.conn.reader.buffer) < EARLY_BYTES:
            return  # Else nobody would notice that the client leaves.
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()
        if self._may_go_on():
            self.loop.call_soon(self._go_on)  # Others get a turn.

    def _may_go_on(self) -> bool:
        """Return whether program and client have taken what was read and answered."""
        if self.is_over or not self.handshake_complete or not self.writable.is_set():
            return False
        return self.close_sent or not self.conn.is_full

    def _go_on(self) -> None:
        """Read on, if nothing stands against it any more."""
        if not self.conn.pausing.is_paused or not self._may_go_on():
            return
        if self.close_sent:
            self.conn.forget_waiting()
        self.conn.go_on()
        self._take_events()
        self._resume()

    def _resume(self) -> None:
        """Read from the client again, unless what was read has paused it anew."""
        if self.read_paused and not self.conn.pausing.is_paused and not self.is_over:
            self.read_paused = False
            self.transport.resume_reading()

    async def receive(self) -> Any:
        """Return the next message for the program."""
        message = await self.queue.get()
        if self.queue.empty():
            self.conn.forget_waiting()
            if self.conn.pausing.is_paused:
                self.loop.call_soon(self._go_on)  # Others get a turn, although more is there.
        return message

    def resume_writing(self) -> None:
        """Go on, now that the client has read."""
        super().resume_writing()
        self._go_on()

    # --- writing ------------------------------------------------------------------------------

    async def send(self, message: Any) -> None:
        """Send a message of the program.

        Raises:
            ClientDisconnected: The connection has ended.
        """
        if self.is_over:
            raise ClientDisconnected
        if message["type"] == "websocket.send" and self.conn.state is State.OPEN:
            await self._send_data(message)
            return
        await self.writable.wait()
        if self.is_over:
            raise ClientDisconnected
        await super().send(message)
        if message["type"] == _ANSWER and not message.get("more_body", False):
            # uvicorn reports a program that ends without an answer to the handshake; this is one.
            self.handshake_complete = True
        if self.close_timer is not None:  # The client has to answer; and then, to read.
            self._stop_timer()
            self.close_timer = self.loop.call_later(self.close_timeout, self._close)
        if self.handshake_complete:
            self._go_on()  # It was accepted, or what the client still sends is discarded.

    async def _send_data(self, message: Any) -> None:
        if not self.writable.is_set():
            await self.writable.wait()
        if self.disconnected or self.is_over:
            raise ClientDisconnected
        data, text = message.get("bytes"), message.get("text")
        try:
            if data is not None:
                self.conn.send_binary(data)
            elif text is not None:
                self.conn.send_text(text.encode())
        except InvalidState:
            raise ClientDisconnected from None
        self._write()

    def _write(self) -> None:
        """Write what the parser has for the client.

        Pongs that the client does not read would pile up, so then nothing more is read either.
        """
        self.transport.write(b"".join(self.conn.data_to_send()))
        if not self.writable.is_set():
            self.conn.pausing.is_paused = True

    # --- the end ------------------------------------------------------------------------------

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the program that the client has gone."""
        self.is_over = True
        super().connection_lost(exc)

    def _refuse_handshake(self) -> None:
        """Answer a handshake that the parser refuses, as it says; uvicorn would never answer."""
        if not self.conn.writes or not self.conn.writes[0]:
            self.conn.writes = [self.conn.reject(*MALFORMED).serialize()]
        self.handshake_complete = True
        self._end()

    def handle_parser_exception(self) -> None:
        """End a connection whose client breaks the protocol; the program gets the code."""
        close = self.conn.close_sent
        if close is not None and not self.close_sent:
            end: Any = {"type": "websocket.disconnect", "code": close.code, "reason": close.reason}
            self.queue.put_nowait(end)
            limit = self.config.ws_max_size
            if close.code == TOO_BIG and limit:
                log_refused(self.scope, TOO_BIG, advise("websocket_message", limit))
        self._end()

    def handle_close(self, event: Frame) -> None:
        """Answer the close frame of the client, and end the connection."""
        close = self.conn.close_rcvd
        if self.close_sent:
            super().handle_close(event)
        elif close is not None:
            end: Any = {"type": "websocket.disconnect", "code": close.code, "reason": close.reason}
            self.queue.put_nowait(end)
            self._end()

    def send_keepalive_ping(self) -> None:
        """Send a ping, and remember how much the client has to take before it."""
        self._taken = count_acknowledged(self.transport)
        self._before_ping = self._taken + count_waiting(self.transport)
        super().send_keepalive_ping()

    def _is_reading_up_to_ping(self) -> bool:
        """Return whether since the last time the client took what was written before the ping."""
        before, self._taken = self._taken, count_acknowledged(self.transport)
        return before < min(self._taken, self._before_ping)

    def keepalive_timeout(self) -> None:
        """End a connection whose client has not answered a ping in time."""
        if (self.read_paused and self.writable.is_set()) or self._is_reading_up_to_ping():
            # The program has not taken earlier messages, behind which the answer may wait; or the
            # client has not, behind which the ping does.
            self.pong_timer = self.loop.call_later(self.ping_timeout or 0, self.keepalive_timeout)
            return
        self.pong_timer = None
        if not self.close_sent and not self.transport.is_closing():
            reads = self.writable.is_set()
            self.conn.fail(1011, "keepalive ping timeout")
            advice = advise("websocket_ping_timeout", self.ping_timeout or 0)
            self.logger.info("The client of a WebSocket has answered no ping. %s", advice)
            self.handle_parser_exception()
            if not reads:
                self.transport.abort()  # What it does not read would keep the connection.

    def shutdown(self) -> None:
        """End the connection because the server stops (1012)."""
        if self.close_sent or self.conn.state is not State.OPEN:
            super().shutdown()
            return
        end: Any = {"type": "websocket.disconnect", "code": 1012}
        self.queue.put_nowait(end)
        self.conn.send_close(1012)
        self._end()

    def _end(self) -> None:
        """Write what is left, close the sending side, and soon the connection."""
        self.is_over = self.close_sent = True
        self.stop_keepalive()
        self._stop_timer()
        transport = self.transport
        if transport.is_closing():
            return
        transport.write(b"".join(self.conn.data_to_send()))
        if self.read_paused:
            self.read_paused = False
            transport.resume_reading()
        if transport.can_write_eof():
            transport.write_eof()
        if transport.can_write_eof() or self.conn.close_rcvd is None:
            self.close_timer = self.loop.call_later(LINGER, self._close)
        else:  # TLS has no end of one side, and this client waits for nothing else.
            self._close()
        # A program that waits for the client to read must see the end.
        self.writable.set()

    def _close(self) -> None:
        """Close the connection when all is written, unless the client has stopped to read."""
        self.transport.close()
        size = self.transport.get_write_buffer_size()
        if size:
            self.close_timer = self.loop.call_later(STALL, self._abort_if_stuck, size)

    def _abort_if_stuck(self, size: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left < size:
            self.close_timer = self.loop.call_later(STALL, self._abort_if_stuck, left)
        else:
            self.transport.abort()

    def _stop_timer(self) -> None:
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = None

    # --- the program --------------------------------------------------------------------------

    async def run_asgi(self) -> None:
        """Run the program; a client that has left is no error of it."""
        app = self.app

        async def serve(scope: Any, receive: Any, send: Any) -> Any:
            try:
                return await app(scope, receive, send)
            except WebSocketDisconnect:
                if not (self.disconnected or self.is_over or self.conn.has_left):
                    raise

        self.app = serve
        await super().run_asgi()
