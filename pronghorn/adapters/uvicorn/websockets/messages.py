"""Read the frames of a WebSocket into whole messages, within limits.

The parser is that of websockets. It reads all that has arrived at once, keeps every fragment, and
leaves the text to its caller. Here it stops where its caller cannot take more, joins the fragments
of a message as they come, and checks their text.
"""

from __future__ import annotations

import codecs
import logging
import sys
from collections.abc import Generator, Sequence
from typing import Any

from websockets.exceptions import PayloadTooBig
from websockets.extensions import ServerExtensionFactory
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

#: Frames that are read in one turn of the event loop: a few milliseconds.
FRAMES_IN_A_TURN = 1000
#: The longest line of a handshake. The HTTP protocol has limited its head before.
LONGEST_LINE = 65_536
#: The parser refuses a frame by its own length before it is read. One that is compressed may be
#: longer than its content, and a control frame may come inside a message that is nearly too long.
SLACK_BYTES, SLACK_PART = 256, 256

_utf8 = codecs.getincrementaldecoder("utf-8")


class PausingReader(StreamReader):
    """The bytes of a connection, of which no frame is taken while it is paused.

    Attributes:
        is_paused: True until the handshake is over, and where the caller cannot take more.
    """

    is_paused = True

    def at_eof(self) -> Generator[None, None, bool]:
        """Wait for the beginning of the next frame. Returns False: the end is not read."""
        while self.is_paused or not self.buffer:
            yield
        return False

    def read_line(self, m: int, *args: Any, **kwargs: Any) -> Any:
        """Return the generator of a line of the handshake, such as one of many cookies."""
        return super().read_line(max(m, LONGEST_LINE), *args, **kwargs)


class MessageReader(ServerProtocol):
    """A WebSocket whose data frames become the ASGI messages of whole messages.

    Args:
        extensions: The extensions to negotiate.
        max_size: The most bytes of a message, decompressed; None for no limit.
        max_queue: The most messages to read ahead; 0 for no limit.
        logger: Where the parser reports its own errors.

    Attributes:
        waiting: Number of messages that were read since `go_on`.
        waiting_bytes: The sum of their lengths.
    """

    def __init__(
        self,
        extensions: Sequence[ServerExtensionFactory] | None,
        max_size: int | None,
        max_queue: int,
        logger: logging.Logger,
    ) -> None:
        slack = SLACK_BYTES + (max_size or 0) // SLACK_PART
        limit = max_size + slack if max_size else None
        super().__init__(extensions=extensions, max_size=limit, logger=logger)
        self._limit = max_size or None
        self._max_queue = max_queue or sys.maxsize
        self.waiting = self.waiting_bytes = self._frames = 0
        self._fragments = bytearray()
        self._text: codecs.IncrementalDecoder | None = None
        self.pausing = self.reader = PausingReader()
        self.parser.close()
        self.parser = self.parse()  # It has taken methods of the other reader.
        next(self.parser)

    @property
    def is_full(self) -> bool:
        """Whether as much was read ahead as may wait."""
        return self.waiting >= self._max_queue or self.waiting_bytes >= (self._limit or 1 << 20)

    @property
    def has_left(self) -> bool:
        """Whether the client has sent a close frame, or what follows on it cannot be read."""
        return self.close_rcvd is not None or self.parser_exc is not None

    def forget_waiting(self) -> None:
        """Note that the caller has none of the messages left that were read."""
        self.waiting = self.waiting_bytes = 0

    def go_on(self) -> None:
        """Read the frames that have arrived, until the reader pauses."""
        self._frames = 0
        self.pausing.is_paused = False
        next(self.parser)

    def recv_frame(self, frame: Frame) -> None:
        """Take a frame; a whole message becomes an event, and so do control frames.

        Raises:
            ProtocolError: A frame is not possible here.
            PayloadTooBig: The message is too long.
            UnicodeDecodeError: The message is no UTF-8.
        """
        self._frames += 1
        if self._frames >= FRAMES_IN_A_TURN:
            self.pausing.is_paused = True
        if frame.opcode not in {Opcode.CONT, Opcode.TEXT, Opcode.BINARY}:
            if frame.opcode is Opcode.CLOSE:
                self.current_size = None  # A control frame may come within a message (5.4).
            super().recv_frame(frame)
            return
        size = len(frame.data) + (self.current_size or 0)
        if self._limit is not None and size > self._limit:
            raise PayloadTooBig(size, self._limit)
        if frame.fin and self.current_size is None and frame.opcode is not Opcode.CONT:
            self._complete(frame.data, is_text=frame.opcode is Opcode.TEXT)
        else:
            super().recv_frame(frame)
            self.events.pop()  # Fragments without end would fill the memory, empty ones too.
            self._take_fragment(frame)

    def _take_fragment(self, frame: Frame) -> None:
        """Join a fragment to those before it, and check its text."""
        if frame.opcode is not Opcode.CONT:
            self._text = _utf8() if frame.opcode is Opcode.TEXT else None
        if self._text is not None:
            self._text.decode(frame.data, frame.fin)
        self._fragments += frame.data
        if frame.fin:
            whole, self._fragments = self._fragments, bytearray()
            self._complete(whole, is_text=self._text is not None)

    def _complete(self, data: Any, *, is_text: bool) -> None:
        """Make an event of a whole message."""
        message: Any = {"type": "websocket.receive"}
        if is_text:
            message["text"] = data.decode()
        else:
            message["bytes"] = bytes(data)
        self.waiting += 1
        self.waiting_bytes += len(data)
        if self.is_full:
            self.pausing.is_paused = True
        self.events.append(message)
