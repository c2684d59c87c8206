"""Send hostile requests to a server, some at a time, and count the answers by their status."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from tests.bad_input.attacks import Attack
from tests.hardening.hostile.requests import on_the_wire

#: Connections at a time.
AT_ONCE = 16


@dataclass
class Tally:
    """What a server did with many requests.

    Attributes:
        statuses: Status code -> the number of answers with it; 0 for no answer.
        failed: The names of requests that were answered with 5xx, or not at all, with the status.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    failed: list[tuple[str, int]] = field(default_factory=list)

    def add(self, request: Attack, status: int) -> None:
        self.statuses[status] += 1
        if not 200 <= status < 500:
            self.failed.append((request.name, status))

    @property
    def total(self) -> int:
        return sum(self.statuses.values())


async def send_all(port: int, requests: Iterable[Attack], patience: float) -> Tally:
    """Send all requests to a server of this machine.

    Args:
        port: Its port.
        requests: The requests.
        patience: Seconds to wait for an answer.
    """
    tally = Tally()
    rest = iter(requests)
    await asyncio.gather(*(_send_some(port, rest, patience, tally) for _ in range(AT_ONCE)))
    return tally


async def ask_bodies(port: int, requests: Iterable[Attack], patience: float) -> list[bytes]:
    """Send requests one after the other, and return the bodies of the answers."""
    client = _Client(port)
    bodies = []
    for request in requests:
        await asyncio.wait_for(client.ask(request), patience)
        bodies.append(client.body)
    client.close()
    return bodies


async def _send_some(port: int, rest: Iterator[Attack], patience: float, tally: Tally) -> None:
    client = _Client(port)
    for request in rest:
        try:
            status = await asyncio.wait_for(client.ask(request), patience)
        except (TimeoutError, OSError, EOFError, ValueError):
            status = 0
            client.close()
        tally.add(request, status)
    client.close()


class _Client:
    """A connection that is opened again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        #: The body of the last answer.
        self.body = b""
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Attack) -> int:
        """Return the status of the answer, after reading all of it."""
        content = on_the_wire(request)
        is_fresh = self._streams is None
        try:
            return await self._ask_once(request.method, content)
        except (OSError, EOFError):
            self.close()
            if is_fresh:
                raise
            return await self._ask_once(request.method, content)  # It was closed before.

    async def _ask_once(self, method: str, content: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 22)
        reader, writer = self._streams
        writer.write(content)
        with suppress(OSError):  # It may have answered before it has read everything.
            await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head.split(b" ", 2)[1])
        self.body = await self._read_body(reader, method, status, head)
        if b"connection: close" in head or b"content-length" not in head:
            self.close()
        return status

    async def _read_body(
        self, reader: asyncio.StreamReader, method: str, status: int, head: bytes
    ) -> bytes:
        if method == "HEAD" or status in (204, 304):
            return b""
        if b"\r\ncontent-length: " in head:
            length = int(head.split(b"\r\ncontent-length: ", 1)[1].split(b"\r\n", 1)[0])
            return await reader.readexactly(length)
        if b"transfer-encoding: chunked" in head:
            return await reader.readuntil(b"0\r\n\r\n")
        return b""

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
