"""The head of a response that was sent as ASGI messages, until its body comes."""

from __future__ import annotations

from typing import Any

from starlette.types import Message

from pronghorn.adapters.uvicorn.outbox import CONNECTION_HEADERS, header_lines


class Held:
    """The head of a response that declares its length, until the body comes.

    - `message`: the ASGI message.
    - `lines`: its headers as they are written.
    """

    __slots__ = ("length", "lines", "message")

    def __init__(self, message: Any, lines: bytes, length: int) -> None:
        self.message = message
        self.lines = lines
        self.length = length

    @classmethod
    def of(cls, message: Message) -> Held | None:
        """The head that a message is; None if nobody knows yet how long the body will be."""
        headers = list(message.get("headers", ()))
        lengths = [value for name, value in headers if name == b"content-length"]
        if len(lengths) != 1:
            return None
        lines = header_lines(headers, CONNECTION_HEADERS)
        return None if lines is None else cls(message, lines, int(lengths[0]))

    def after(self, first_lines: bytes) -> bytes:
        """The head as it is written, blank line included."""
        return b"%b%b\r\n" % (first_lines, self.lines)

    def is_completed_by(self, message: Message, method: str) -> bool:
        """Whether a message is the whole body."""
        if message["type"] != "http.response.body" or message.get("more_body", False):
            return False
        return method == "HEAD" or len(message.get("body", b"")) == self.length
