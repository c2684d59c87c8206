"""Send requests of every kind as fast as one core can, and leave at any point."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Iterator

#: The last request of a batch is answered with this body.
LAST = b'{"number":-1,"q":"last","agent":"","seen":""}'
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT = b"\x81\x85\0\0\0\0hello"
CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"
CLOSES_AT_ONCE = struct.pack("ii", 1, 0)
CONNECTIONS = 32


def request(line: str, headers: str = "", body: bytes = b"", host: str = "a") -> bytes:
    """Return a request of HTTP/1.1."""
    if body:
        headers += f"Content-Length: {len(body)}\r\n"
    return f"{line} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode() + body


def multipart(content: bytes) -> tuple[str, bytes]:
    """Return the headers and the body of a form with a file."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    return "Content-Type: multipart/form-data; boundary=x\r\n", head + content + b"\r\n--x--\r\n"


def make_batch(number: int) -> list[bytes]:
    """Return requests of every kind, some of which no other batch has."""
    json = "Content-Type: application/json\r\n"
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    item = b'{"name":"pen","price":2.5,"tags":["blue"]}'
    return [
        request("GET /"),
        request("GET /items/42?q=hello", "Cookie: seen=yes\r\n"),
        request(f"GET /items/{number}?q=q{number}&x{number}=1", f"X-{number}: {number}\r\n"),
        request("POST /items", json, item),
        # pydantic-core keeps 16,384 strings of up to 64 characters.
        request("POST /items", json, b'{"name":"%070d","price":%d.5}' % (number, number + 1)),
        request("POST /items", json, b'{"name":1,"price":-%d}' % number),
        request("POST /items", json, b"{"),
        request("POST /items", f"Content-Type: application/x{number}\r\n", item),
        request("GET /items/none"),
        request("POST /form", form, b"name=pen"),
        request("POST /upload", *multipart(b"content")),
        request("GET /stream"),
        request("GET /yield"),
        request("GET /def"),
        request("GET /fails"),
        request(f"GET /unknown/{number}"),
        request(f"BREW{'QWERTYUIOP'[number % 10]} /", host=f"host{number}"),
        request("OPTIONS /items"),
        request("HEAD /"),
        request("GET /items/-1?q=last", "User-Agent: \r\n"),
    ]


BATCH = len(make_batch(0)) - 2


class Sender(asyncio.Protocol):
    """Sends a batch when the one before is answered.

    Args:
        batches: The batches.
    """

    def __init__(self, batches: Iterator[bytes]) -> None:
        self._batches = batches
        self._received = b""
        self.answered = 0
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        batch = next(self._batches, None)
        if batch is None:
            self._transport.close()
        else:
            self._transport.write(batch)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._received.endswith(LAST):
            self.answered += self._received.count(b"HTTP/1.1 ")
            self._received = b""
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


async def send_batches(port: int, first: int, count: int) -> int:
    """Send batches over 32 connections; return how many requests were answered."""
    loop = asyncio.get_running_loop()
    batches = (b"".join(sendable(number)) for number in range(first, first + count))
    senders = [Sender(batches) for _ in range(CONNECTIONS)]
    for sender in senders:
        await loop.create_connection(lambda sender=sender: sender, "127.0.0.1", port)  # type: ignore[misc]
    for sender in senders:
        await sender.closed
    return sum(sender.answered for sender in senders)


def sendable(number: int) -> list[bytes]:
    """Return a batch without what closes the connection."""
    return [each for each in make_batch(number) if not each.startswith((b"BREW", b"HEAD"))]


async def open_websockets(port: int, count: int) -> None:
    """Open WebSockets one after the other, send a message on each, and close it."""
    for _ in range(count):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(TEXT)
        await reader.readexactly(7)
        writer.write(CLOSE)
        await reader.read(-1)
        writer.close()


async def vanish(port: int, count: int, seed: int) -> None:
    """Open connections, send some bytes on each, and leave without a word."""
    chosen = random.Random(seed)
    wholes = [
        request("GET /slow"),
        request("GET /slow") + request("GET /slow") + request("GET /"),
        request("GET /endless"),
        request("GET /def"),
        request("GET /stream"),
        request("POST /upload", *multipart(b"a" * 1000)),
        HANDSHAKE + TEXT,
    ]
    for start in range(0, count, CONNECTIONS):
        some = min(CONNECTIONS, count - start)
        await asyncio.gather(*[_vanish(port, chosen, wholes) for _ in range(some)])


async def _vanish(port: int, chosen: random.Random, wholes: list[bytes]) -> None:
    loop = asyncio.get_running_loop()
    client = socket.socket()
    client.setblocking(False)
    try:
        await loop.sock_connect(client, ("127.0.0.1", port))
        whole = chosen.choice(wholes)
        is_part = chosen.random() < 0.3
        await loop.sock_sendall(client, whole[: chosen.randrange(len(whole))] if is_part else whole)
        await asyncio.sleep(chosen.choice((0, 0, 0.002, 0.01)))
        if chosen.random() < 0.7:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSES_AT_ONCE)
    finally:
        client.close()
