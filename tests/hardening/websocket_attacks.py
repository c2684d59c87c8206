"""Attacks through WebSockets that no single frame shows: floods, bombs, silence, and vanishing.

Each attack takes the size that its caller has time for. A monitor asks the server meanwhile, as
another client would.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.hardening.websocket.case import (
    BINARY,
    CONT,
    DEFLATE,
    PING,
    TEXT,
    close,
    deflate,
    frame,
    handshake,
    text,
)

MIB = 1 << 20
#: Seconds between two looks of the monitor.
LOOK = 0.02
BUFFER = 4096

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(port: int, path: str, *fields: str) -> Stream:
    """Open a WebSocket whose client keeps as little as possible for itself."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=plain, limit=BUFFER)
    writer.write(handshake(*fields, path=path))
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a client that has crashed does."""
    plain = writer.get_extra_info("socket")
    with suppress(OSError):
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def push(writer: asyncio.StreamWriter, data: bytes, seconds: float) -> None:
    """Send data as far as the server takes it, for some time."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(seconds):
            for start in range(0, len(data), 1 << 18):
                writer.write(data[start : start + (1 << 18)])
                await writer.drain()


# --- attacks ----------------------------------------------------------------------------------


async def send_fragments(port: int, count: int, size: int = 1) -> bytes:
    """Send one message in many fragments, then another; return what comes first."""
    reader, writer = await connect(port, "/echo")
    try:
        middle = frame(CONT, b"x" * size, fin=False) * (1 << 12)
        writer.write(frame(TEXT, b"", fin=False))
        sent = 0
        with suppress(OSError):
            while sent < count:
                writer.write(middle)
                await writer.drain()
                sent += 1 << 12
            writer.write(frame(CONT, b"end") + frame(PING, b"ping"))
            await writer.drain()
        answer = b""
        with suppress(OSError):
            async with asyncio.timeout(30):
                answer = await reader.readexactly(2)
        return answer
    finally:
        reset(writer)


async def send_bombs(port: int, clients: int, bombs: int, path: str, seconds: float) -> None:
    """Send compressed messages, each just within the limit, to a program that is slow."""
    bomb = frame(BINARY, deflate(bytes(MIB - 1)), reserved=4) * bombs
    await _together(port, clients, path, bomb, seconds, DEFLATE)


async def send_pings(port: int, clients: int, seconds: float) -> None:
    """Send pings, and read no pong."""
    await _together(port, clients, "/echo", frame(PING, b"x" * 125) * 100_000, seconds)


async def send_messages(port: int, clients: int, seconds: float) -> None:
    """Send many messages to a program that is slow."""
    await _together(port, clients, "/slow", text("x" * 10) * 500_000, seconds)


async def read_nothing(port: int, clients: int, seconds: float) -> None:
    """Read nothing of what a program sends without end."""
    await _together(port, clients, "/floods", b"", seconds)


async def _together(
    port: int, clients: int, path: str, data: bytes, seconds: float, *fields: str
) -> None:
    streams = await asyncio.gather(*(connect(port, path, *fields) for _ in range(clients)))
    try:
        await asyncio.gather(
            *(push(writer, data, seconds) for _, writer in streams), asyncio.sleep(seconds)
        )
    finally:
        for _, writer in streams:
            reset(writer)


async def count_held(
    port: int, paths: Sequence[str], seconds: float, files: Callable[[], int]
) -> int:
    """Return how many of some clients that never answer are held to the end of some time.

    Args:
        port: Where the server listens.
        paths: What each of them opens.
        seconds: The time; it ends early when all have been let go.
        files: Returns the number of files and sockets that the server has open.
    """
    before = files()
    streams = await asyncio.gather(*(connect(port, path) for path in paths))
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            await asyncio.sleep(0.1)
            if files() <= before:
                return 0
        return files() - before
    finally:
        for _, writer in streams:
            reset(writer)


async def storm(port: int, clients: int, seed: int, at_once: int = 50) -> None:
    """Let clients vanish at random points of the handshake, of receiving and of sending."""
    chance = random.Random(seed)
    places = asyncio.Semaphore(at_once)
    plans = [
        (chance.choice(["/held", "/caught"]), chance.randrange(6), chance.random())
        for _ in range(clients)
    ]

    async def vanish(path: str, point: int, when: float) -> None:
        async with places:
            with suppress(OSError, asyncio.IncompleteReadError):
                await _vanish(port, path, point, when)

    await asyncio.gather(*(vanish(*plan) for plan in plans))


async def _vanish(port: int, path: str, point: int, when: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        sent = handshake(path=path)
        if point == 0:  # Within the handshake.
            writer.write(sent[: int(len(sent) * when)])
            await writer.drain()
            return
        writer.write(sent)
        await writer.drain()
        if point == 1:  # While the program accepts.
            await asyncio.sleep(when * 0.002)
            return
        await reader.readuntil(b"\r\n\r\n")
        if point == 2:  # Within a frame.
            data = text("x" * 200)
            writer.write(data[: int(len(data) * when)])
            await writer.drain()
            return
        for _ in range(1 + int(when * 20)):
            writer.write(text("hello"))
        await writer.drain()
        if point == 3:  # While the program answers.
            return
        await reader.readexactly(2)
        if point == 4:  # After the close frame, whose answer it does not read.
            writer.write(close(1000))
            await writer.drain()
            return
        writer.write_eof()
        await asyncio.sleep(when * 0.002)
    finally:
        reset(writer)


# --- the monitor ------------------------------------------------------------------------------


@dataclass
class Watched:
    """What a monitor has seen of a server.

    Attributes:
        growth: The most resident memory above that of the beginning, in MiB.
        stall: The longest time to the answer of a simple request, in seconds.
    """

    growth: float = 0.0
    stall: float = 0.0


@contextmanager
def watch(port: int, memory: Callable[[], float]) -> Iterator[Watched]:
    """Ask a server again and again, from a thread, for the length of a block."""
    watched, before, is_over = Watched(), memory(), threading.Event()

    def look() -> None:
        while not is_over.wait(LOOK):
            begun = time.perf_counter()
            ask(port)
            watched.stall = max(watched.stall, time.perf_counter() - begun)
            watched.growth = max(watched.growth, memory() - before)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield watched
    finally:
        is_over.set()
        looking.join()
        watched.growth = max(watched.growth, memory() - before)


def ask(port: int) -> None:
    """Wait for the answer to a simple request; a server under attack may need several."""
    for _ in range(100):
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=60) as client,
        ):
            client.sendall(b"GET /live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = b""
            while part := client.recv(4096):
                answer += part
            if answer.endswith(b'"live"}'):
                return


def read_counts(port: int) -> dict[str, int]:
    """Return what the program has counted."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/counts", timeout=30) as answer:
        return dict(json.loads(answer.read()))


async def settle(
    port: int, is_settled: Callable[[dict[str, int]], bool], seconds: float
) -> dict[str, int]:
    """Ask for the counts until they are as they should be, or time is up; return the last."""
    deadline = time.monotonic() + seconds
    while True:
        counts = await asyncio.to_thread(read_counts, port)
        if is_settled(counts) or time.monotonic() > deadline:
            return counts
        await asyncio.sleep(0.1)
