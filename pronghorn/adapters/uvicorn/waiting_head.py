"""Hold the head of a response that is sent as ASGI messages until its body comes."""

from __future__ import annotations

from typing import Any

from starlette.types import Message

from pronghorn.adapters.uvicorn.outbox import CONNECTION_HEADERS, header_lines


class WaitingHead:
    """The head of a response that declares its length and waits for its body.

    Args:
        message: The ASGI message.
        lines: The headers of the message, as they are written.
        length: The declared length of the body, in bytes.
    """

    __slots__ = ("length", "lines", "message")

    def __init__(self, message: Any, lines: bytes, length: int) -> None:
        self.message = message
        self.lines = lines
        self.length = length

    @classmethod
    def of(cls, message: Message) -> WaitingHead | None:
        """Return the head of a message, or None if it cannot wait for its body.

        It can wait if it declares one length and does not set a connection header.
        """
        headers = read_headers(message)
        lengths = [value for name, value in headers if name == b"content-length"]
        if len(lengths) != 1:
            return None
        lines = header_lines(headers, CONNECTION_HEADERS)
        return None if lines is None else cls(message, lines, int(lengths[0]))

    def after(self, first_lines: bytes) -> bytes:
        """Return the head as it is written, including the blank line."""
        return b"%b%b\r\n" % (first_lines, self.lines)

    def is_completed_by(self, message: Message, method: str) -> bool:
        """Return True if a message is the whole body."""
        if not is_complete(message):
            return False
        return method == "HEAD" or len(message.get("body", b"")) == self.length


def read_headers(message: Message) -> list[tuple[bytes, bytes]]:
    """Return the headers of a message, which has them as a list from then on.

    ASGI allows an iterator, which can be read only once.
    """
    headers = message.get("headers", ())
    if type(headers) is not list:
        headers = message["headers"] = list(headers)
    return headers


def is_complete(message: Message) -> bool:
    """Return True if a message is the last part of a body."""
    return message["type"] == "http.response.body" and not message.get("more_body", False)
