"""Slow clients: what each sends, how slowly, and what must come of it where limits are a second."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: Options of `pronghorn run` with which slow clients are cut off within a few seconds.
STRICT = (
    *("--timeout-head", "1", "--timeout-body", "1", "--min-body-rate", "240"),
    *("--timeout-send", "1", "--timeout-keep-alive", "1"),
)
#: Seconds for which a client is watched that must not be cut off.
HELD = 4.0
#: The most seconds to wait for the end of a client that must be cut off.
PATIENCE = 30.0


@dataclass(frozen=True)
class Slow:
    """A slow client.

    Attributes:
        name: What it does.
        first: What it sends at once.
        drip: What it sends again and again behind that.
        times: How often; -1 is without an end.
        begins: What its answer begins with.
        is_closed: Whether the server closes the connection.
        pause: Seconds between two drips.
    """

    name: str
    first: bytes
    drip: bytes = b""
    times: int = -1
    begins: bytes = b""
    is_closed: bool = True
    pause: float = 0.2


@dataclass(frozen=True)
class Outcome:
    """What came of a client."""

    received: bytes
    is_closed: bool


def ask(path: str, *headers: str, method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: a", *headers, "", ""]
    return "\r\n".join(lines).encode()


def post(path: str, length: int, *headers: str) -> bytes:
    return ask(path, f"Content-Length: {length}", *headers, method="POST")


WEBSOCKET = (
    *("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
LATE = b"HTTP/1.1 408 "
FINE = b"HTTP/1.1 200 "
CLIENTS = [
    Slow("nothing is sent", b""),
    Slow("nothing is sent after a response", ask("/"), begins=FINE),
    Slow("a blank line before nothing", b"\r\n", begins=LATE),
    Slow("a part of a method", b"GE", begins=LATE),
    Slow("fields come one by one", ask("/")[:-2], b"X: y\r\n", begins=LATE),
    Slow("a field comes byte by byte", ask("/")[:-2] + b"X: ", b"y", begins=LATE),
    Slow("the second head is slow", ask("/") + ask("/")[:-2], b"y", begins=FINE),
    Slow("half a handshake of a WebSocket", ask("/ws", *WEBSOCKET)[:-2], begins=LATE),
    Slow("a body comes byte by byte", post("/upload", 9999), b"x", begins=LATE),
    Slow("a body does not come", post("/upload", 9999), begins=LATE),
    Slow(
        "a chunk comes byte by byte",
        ask("/upload", "Transfer-Encoding: chunked", method="POST") + b"fff\r\n",
        b"x",
        begins=LATE,
    ),
    Slow("a body that nobody reads does not come", post("/", 9999), begins=b"HTTP/1.1 405 "),
    Slow(
        "a body does not come after 100",
        post("/upload", 9999, "Expect: 100-continue"),
        begins=b"HTTP/1.1 100 Continue\r\n\r\n" + LATE,
    ),
    Slow("a slow but steady body", post("/upload", 1500), b"x" * 100, 15, begins=FINE),
    Slow("a short body to a slow program", post("/later", 2) + b"{}", begins=FINE),
    Slow("a long body to a slow program", post("/later", 1 << 20) + bytes(1 << 20), begins=FINE),
    Slow(
        "100 comes late from a slow program",
        post("/later", 5000, "Expect: 100-continue"),
        begins=b"HTTP/1.1 100 Continue\r\n\r\n" + LATE,
    ),
    Slow("a program that sends nothing", ask("/quiet"), begins=FINE),
    Slow("an idle WebSocket", ask("/ws", *WEBSOCKET), begins=b"HTTP/1.1 101 ", is_closed=False),
]


async def talk(port: int, client: Slow, tls: ssl.SSLContext | None = None) -> Outcome:
    """Be one slow client, until the server closes the connection or has had enough time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    writer.write(client.first)
    dripping = asyncio.create_task(_drip(writer, client))
    received = bytearray()
    is_closed = False
    try:
        async with asyncio.timeout(PATIENCE if client.is_closed else HELD):
            while part := await reader.read(65_536):
                received += part
            is_closed = True
    except TimeoutError:
        pass
    except OSError:
        is_closed = True
    dripping.cancel()
    writer.transport.abort()
    return Outcome(bytes(received), is_closed)


async def _drip(writer: asyncio.StreamWriter, client: Slow) -> None:
    times = client.times
    while client.drip and times != 0:
        await asyncio.sleep(client.pause)
        writer.write(client.drip)
        times -= 1


async def talk_all(
    port: int, clients: Iterable[Slow], tls: ssl.SSLContext | None = None
) -> dict[str, Outcome]:
    """Be all of these clients at once."""
    clients = list(clients)
    found = await asyncio.gather(*(talk(port, client, tls) for client in clients))
    return dict(zip((client.name for client in clients), found, strict=True))


def find_wrong(clients: Iterable[Slow], outcomes: dict[str, Outcome]) -> list[str]:
    """Return what is not as it must be."""
    wrong = []
    for client in clients:
        outcome = outcomes[client.name]
        if outcome.is_closed != client.is_closed or not _begins(client, outcome):
            wrong.append(f"{client.name}: {outcome.received[:200]!r}, closed {outcome.is_closed}")
    return wrong


def _begins(client: Slow, outcome: Outcome) -> bool:
    if not client.begins:
        return not outcome.received
    return outcome.received.startswith(client.begins)


def connect_tiny(port: int) -> socket.socket:
    """Connect a client whose system takes little of a response."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    return client


def hold(port: int, request: bytes, count: int) -> list[Any]:
    """Send a request on many connections, and read nothing."""
    clients = [connect_tiny(port) for _ in range(count)]
    for client in clients:
        client.sendall(request)
    return clients
