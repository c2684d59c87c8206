"""Requests at a limit of sizes and beyond it, and what must become of them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

KIB, MIB = 1024, 1_048_576
HOST = b"Host: a\r\n"
#: Seconds to wait for an answer.
PATIENCE = 20.0


class Sized(NamedTuple):
    """A request, and the status of its answer.

    Attributes:
        name: What is large about it.
        parts: The data, as it is written to the socket.
        status: The status that must come.
        pause: Seconds between two parts.
    """

    name: str
    parts: tuple[bytes, ...]
    status: int
    pause: float = 0.0

    @property
    def is_honest(self) -> bool:
        """Return True if it is within all limits."""
        return self.status < 400


def get(target: bytes = b"/", fields: bytes = b"") -> bytes:
    """Return a GET request."""
    return b"GET %b HTTP/1.1\r\n%b%b\r\n" % (target, HOST, fields)


def line_of(length: int) -> bytes:
    """Return a request whose first line has a length."""
    return get(b"/?q=" + b"x" * (length - len("GET /?q= HTTP/1.1")))


def head_of(length: int) -> bytes:
    """Return a request whose header fields have a length."""
    return get(fields=b"Cookie: %b\r\n" % (b"x" * (length - len(HOST) - len("Cookie: \r\n"))))


def fields_of(number: int) -> bytes:
    """Return a request with a number of header fields."""
    return get(fields=b"".join(b"X-%d: a\r\n" % each for each in range(number - 1)))


def post(path: bytes, length: int, kind: bytes = b"application/json") -> bytes:
    """Return the head of a POST request."""
    fields = b"Content-Type: %b\r\nContent-Length: %d\r\n" % (kind, length)
    return b"POST %b HTTP/1.1\r\n%b%b\r\n" % (path, HOST, fields)


def json_of(path: bytes, length: int) -> tuple[bytes, ...]:
    """Return a POST request with JSON of a length."""
    return post(path, length), b'["%b"]' % (b"x" * (length - 4))


def chunked(path: bytes, chunks: bytes, kind: bytes = b"application/json") -> bytes:
    """Return a POST request without a length."""
    fields = b"Content-Type: %b\r\nTransfer-Encoding: chunked\r\n" % kind
    return b"POST %b HTTP/1.1\r\n%b%b\r\n%b" % (path, HOST, fields, chunks)


def pieces(data: bytes, size: int) -> tuple[bytes, ...]:
    """Return data in pieces."""
    return tuple(data[start : start + size] for start in range(0, len(data), size))


def parameters(number: int) -> bytes:
    """Return a query or a form with a number of fields."""
    return b"&".join([b"a=1"] * number)


def ranges(number: int, path: bytes) -> bytes:
    """Return a request for a number of ranges of a file."""
    asked = b",".join(b"%d-%d" % (start, start) for start in range(0, 2 * number, 2))
    return get(path, b"Range: bytes=%b\r\n" % asked)


URLENCODED, BINARY = b"application/x-www-form-urlencoded", b"application/octet-stream"
CHUNK = b"10000\r\n%b\r\n" % (b"x" * 65_536)
HEADS = (
    Sized("request line of 8 KiB", (line_of(8 * KIB),), 200),
    Sized("request line of 8 KiB, in pieces", pieces(line_of(8 * KIB), 64), 200),
    Sized("longer request line", (line_of(8 * KIB + 1),), 414),
    Sized("longer request line, in pieces", pieces(line_of(8 * KIB + 1), 64), 414),
    Sized("request line byte by byte", pieces(line_of(9 * KIB), 1), 414),
    Sized("header fields of 32 KiB", (head_of(32 * KIB),), 200),
    Sized("header fields of 32 KiB, in pieces", pieces(head_of(32 * KIB), 512), 200),
    Sized("longer header fields", (head_of(32 * KIB + 1),), 431),
    Sized("longer header fields, in pieces", pieces(head_of(32 * KIB + 1), 512), 431),
    Sized("header fields byte by byte", pieces(head_of(34 * KIB), 1), 431),
    Sized("field of 4 MiB without an end", pieces(head_of(4 * MIB)[:-4], 65_536), 431, 0.002),
    Sized("100 header fields", (fields_of(100),), 200),
    Sized("101 header fields", (fields_of(101),), 431),
    Sized("1,000 parameters", (get(b"/?" + parameters(1000)),), 200),
    Sized("1,001 parameters", (get(b"/?" + parameters(1001)),), 400),
)
FRAMING = (
    Sized("chunks of one byte", pieces(chunked(b"/stream", b"1\r\nx\r\n" * 20_000), 4096), 200),
    Sized(
        "extensions of chunks",
        pieces(chunked(b"/stream", (b"1;a=%b\r\nx\r\n" % (b"x" * 4096)) * 400), 16_384),
        400,
        0.002,
    ),
    Sized(
        "trailer of 1 MiB",
        pieces(chunked(b"/stream", b"0\r\na: " + b"x" * MIB), 16_384),
        400,
        0.002,
    ),
    Sized("trailers", (chunked(b"/stream", b"1\r\nx\r\n0\r\na: b\r\n\r\n"),), 200),
)
BODIES = (
    Sized("JSON of 1 MiB", json_of(b"/json", MIB), 200),
    Sized("longer JSON", json_of(b"/json", MIB + 1), 413),
    Sized("longer JSON where the program allows it", json_of(b"/large", 2 * MIB), 200),
    Sized("chunks of JSON without an end", (chunked(b"/json", CHUNK * 40),), 413),
    Sized("longer stream", (chunked(b"/stream", CHUNK * 17),), 413),
    Sized("upload of 2 MiB", (post(b"/stream", 2 * MIB, BINARY), b"x" * 2 * MIB), 200),
    Sized("upload that declares 33 MiB", (post(b"/stream", 33 * MIB, BINARY),), 413),
    Sized("upload of 33 MiB in chunks", (chunked(b"/stream", CHUNK * 528, BINARY),), 413),
    Sized("1,000 fields", (post(b"/form", 3999, URLENCODED), parameters(1000)), 200),
    Sized("1,001 fields", (post(b"/form", 4003, URLENCODED), parameters(1001)), 400),
)
FILES = tuple(
    Sized(f"{number} ranges of {path.decode()}", (ranges(number, path),), status)
    for path in (b"/file", b"/static/sizes_program.py")
    for number, status in ((16, 206), (17, 200))
)
CHUNKS_END = b"0\r\n\r\n"


def send(port: int, request: Sized) -> int:
    """Send a request, and return the status of its answer; 0 if there is none."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):  # The server may stop reading.
            for part in _with_end(request):
                connection.sendall(part)
                if request.pause:
                    time.sleep(request.pause)
        return _read_status(connection)


def _with_end(request: Sized) -> Iterator[bytes]:
    """Yield the parts; chunks of a request that is to succeed end."""
    yield from request.parts
    if request.is_honest and request.name == "chunks of one byte":
        yield CHUNKS_END


def _read_status(connection: socket.socket) -> int:
    answer = b""
    with suppress(OSError):
        while b"\r\n\r\n" not in answer:
            received = connection.recv(65_536)
            if not received:
                break
            answer += received
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0
