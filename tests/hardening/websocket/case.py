"""One WebSocket case: handshake, frames, the rule of the RFC, and the outcomes it accepts."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from tests.hardening.raw.case import MAY, MUST, SHOULD, lines

__all__ = ["MAY", "MUST", "SHOULD"]

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""What the server must answer to `KEY` (RFC 6455, 1.3)."""
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate"
MASK = b"\x37\xfa\x21\x3d"
#: To fail the connection is a MUST; to say why, first or at all, is a SHOULD (6455 7.1.7).
FAILED = ("close() closed", "closed")
BROKEN = ("close(1002) closed", *FAILED)
NOT_UTF8 = ("close(1007) closed", *FAILED)
TOO_BIG = ("close(1009) closed", *FAILED)


@dataclass(frozen=True)
class Case:
    """One WebSocket connection of a client that may break the rules.

    An outcome is what the server has sent, and what became of the connection: the messages in
    their order, such as `text(hi)` or `binary[70000]`, then the pongs, then `close(1000)`, then
    "open" or "closed". A handshake that is refused has only its status: "400 closed".

    Attributes:
        name: Unique in the table.
        data: What the client sends after the handshake, in segments.
        rule: What the RFC says, with its section.
        accepts: The outcomes that the rule accepts.
        level: The word of the RFC for it.
        handshake: What the client sends first.
        asks: How the judge asks whether the connection is open: with a message that the program
            echoes, or, where a message is not complete, with a ping.
        deflates: Whether permessage-deflate must have been negotiated, or must not; None for
            either.
        waits: False if the client sends its frames without waiting for the handshake.
    """

    name: str
    data: tuple[bytes, ...]
    rule: str
    accepts: tuple[str, ...]
    level: str = MUST
    handshake: bytes = b""
    asks: str = "text"
    deflates: bool | None = None
    waits: bool = True


def handshake(
    *fields: str,
    path: str = "/echo",
    first: str = "",
    key: str | None = KEY,
    version: str | None = "13",
    upgrade: str | None = "websocket",
    connection: str | None = "Upgrade",
) -> bytes:
    """Return a handshake; None leaves a field out.

    Args:
        fields: More header fields.
        path: The target.
        first: The request line, if it is another.
        key: The Sec-WebSocket-Key.
        version: The Sec-WebSocket-Version.
        upgrade: The Upgrade.
        connection: The Connection.
    """
    named = {
        "Upgrade": upgrade,
        "Connection": connection,
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": version,
    }
    own = [f"{name}: {value}" for name, value in named.items() if value is not None]
    return lines(first or f"GET {path} HTTP/1.1", "Host: a", *own, *fields)


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    masked: bool = True,
    reserved: int = 0,
    size: int = 0,
    length: int | None = None,
) -> bytes:
    """Return a frame.

    Args:
        opcode: The opcode, also one that is reserved.
        payload: The content.
        fin: Whether it is the last of its message.
        masked: Whether it is masked, as a client must.
        reserved: The reserved bits: 4 for RSV1, 2 for RSV2, 1 for RSV3.
        size: The number of bytes of the length: 2 or 8; 0 for the smallest that holds it.
        length: The declared length, if it is not the true one.
    """
    declared = len(payload) if length is None else length
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    second = 0x80 if masked else 0
    if size == 8 or (not size and declared >= 65536):
        head = struct.pack("!BBQ", first, second | 127, declared)
    elif size == 2 or (not size and declared > 125):
        head = struct.pack("!BBH", first, second | 126, declared)
    else:
        head = struct.pack("!BB", first, second | declared)
    return head + (MASK + mask(payload) if masked else payload)


def mask(payload: bytes) -> bytes:
    """Return a payload, masked with `MASK`."""
    count = len(payload)
    key = int.from_bytes(MASK * (count // 4 + 1), "big") >> 8 * (4 - count % 4)
    return (int.from_bytes(payload, "big") ^ key).to_bytes(count, "big")


def text(content: str | bytes, **options: bool | int) -> bytes:
    """Return a text frame."""
    data = content.encode() if isinstance(content, str) else content
    return frame(TEXT, data, **options)


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    """Return a close frame; without a code it is empty."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def fragments(opcode: int, parts: Iterable[bytes], reserved: int = 0) -> bytes:
    """Return the frames of one message in several fragments."""
    found = list(parts)
    last = len(found) - 1
    return b"".join(
        frame(
            CONT if index else opcode,
            part,
            fin=index == last,
            reserved=0 if index else reserved,
        )
        for index, part in enumerate(found)
    )


def deflate(data: bytes, *, is_last: bool = True) -> bytes:
    """Return a message compressed as RFC 7692 says, without the end that it removes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -12)
    packed = packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)
    return packed[:-4] if is_last else packed
