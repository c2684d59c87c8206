"""Clients that vanish at random points, and what they leave behind."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
from contextlib import suppress
from typing import Any

FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n%b\r\n--b--\r\n'
#: Clients at the same time.
AT_A_TIME = 50
#: Seconds for which the server may go on after the last client.
PATIENCE = 20.0


def _get(path: str) -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode()


def _post(path: str, body: bytes, kind: bytes) -> bytes:
    head = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (path.encode(), kind, len(body)) + body


def requests() -> list[bytes]:
    """Return one request of each kind."""
    paths = ["/wait", "/thread", "/stream", "/endless", "/large", "/poll", "/cancel"]
    multipart = b"multipart/form-data; boundary=b"
    return [
        *map(_get, paths),
        _post("/body", b"x" * 100_000, b"text/plain"),
        _post("/upload", FORM % (b"x" * 1000), multipart),
        _post("/upload", FORM % (b"x" * 1_500_000), multipart),
    ]


class Clients:
    """A number of clients.

    Args:
        port: The port of the server.
        seed: Decides where each of them vanishes.
    """

    def __init__(self, port: int, seed: int = 1) -> None:
        self._port = port
        self._random = random.Random(seed)
        self._kinds = requests()

    async def run(self, number: int) -> None:
        """Let clients come and vanish."""
        limit = asyncio.Semaphore(AT_A_TIME)

        async def one() -> None:
            async with limit:
                with suppress(OSError):
                    await self._vanish()

        await asyncio.gather(*(one() for _ in range(number)))

    async def _vanish(self) -> None:
        """Send one to three requests, perhaps not all of them, read perhaps a little, and go."""
        choose = self._random
        sent = b"".join(choose.choices(self._kinds, k=choose.choice((1, 1, 1, 2, 3))))
        if choose.random() < 0.4:
            sent = sent[: choose.randrange(len(sent)) + 1]
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(sent)
            await asyncio.sleep(choose.random() / 25)
            if choose.random() < 0.5:
                async with asyncio.timeout(0.05):
                    await reader.readexactly(choose.randrange(1, 100_000))
        except (TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            _leave(writer, resets=choose.random() < 0.5)


def _leave(writer: asyncio.StreamWriter, *, resets: bool) -> None:
    connection = writer.get_extra_info("socket")
    if resets and connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def ask(port: int) -> dict[str, Any]:
    """Return what the program holds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /counts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    counts: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return counts


async def find_leaks(port: int, number: int, seed: int = 1) -> dict[str, Any]:
    """Let clients vanish; return by how much the program holds more than before.

    Args:
        port: The port of the server, whose program is `vanishing_program`.
        number: The number of clients.
        seed: Decides where each of them vanishes.

    Returns:
        Each kind of thing that is left, with its number; and how much was begun.
    """
    await Clients(port, seed=0).run(20)  # Threads and connections to the database stay.
    before = await _settle(port, None)
    await Clients(port, seed).run(number)
    after = await _settle(port, before)
    leaks = {name: after[name] - before[name] for name in ("tasks", "files", "checkouts", "held")}
    found: dict[str, Any] = {name: leak for name, leak in leaks.items() if leak > 0}
    found |= {"twice": after["twice"]} if after["twice"] else {}
    return {"leaks": found, "begun": after["begun"] - before["begun"], **after}


async def _settle(port: int, before: dict[str, Any] | None) -> dict[str, Any]:
    """Return the counts once nothing is held that was not held before, or after the patience."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE
    while True:
        now = await ask(port)
        at_rest = before or {**now, "held": 0, "checkouts": 0}
        names = ("tasks", "files", "checkouts", "held")
        if all(now[name] <= at_rest[name] for name in names) or loop.time() > end:
            return now
        await asyncio.sleep(0.1)
