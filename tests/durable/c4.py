"""C4: 1,000 WebSockets in one channel, of which one never reads; `python -m tests.durable.c4`.

The others get each message soon, the server takes no more memory, and the one is closed.
Its short form in `tests/channels` shows that a client that begins to read again gets the code 1013.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.channels.servers import serve
from tests.contract.servers import Server


class CampaignFailedError(Exception):
    """Something did not hold; the text says what."""


async def _connect(stack: AsyncExitStack, server: Server, window: int | None) -> ClientConnection:
    sock = socket.socket()
    if window:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    sock.connect(("127.0.0.1", server.port))
    url = f"ws://127.0.0.1:{server.port}/rooms/7"
    opening = connect(url, sock=sock, max_queue=1, ping_interval=None, compression=None)
    return await stack.enter_async_context(opening)


async def _measure(client: ClientConnection, messages: int) -> list[float]:
    """Return the seconds that each message took to a client."""
    found = []
    for _ in range(messages):
        text = json.loads(await client.recv())["text"]
        found.append(time.monotonic() - float(text.split()[0]))
    return found


async def attack(server: Server, subscribers: int, messages: int, pause: float) -> list[float]:
    """Send messages, and return the seconds that each took to each client, sorted.

    Raises:
        CampaignFailedError: The client that does not read was not closed.
    """
    async with AsyncExitStack() as stack:
        slow = await _connect(stack, server, 4096)
        clients = [await _connect(stack, server, None) for _ in range(subscribers - 1)]
        tasks = [asyncio.create_task(_measure(client, messages)) for client in clients]
        padding = "x" * 40_000
        for _ in range(messages):
            await clients[0].send(json.dumps({"text": f"{time.monotonic()} {padding}"}))
            await asyncio.sleep(pause)
        found = sorted(each for times in await asyncio.gather(*tasks) for each in times)
        await _check_slow(slow, messages)
    return found


async def _check_slow(slow: ClientConnection, messages: int) -> None:
    received = 0
    try:
        while True:
            await asyncio.wait_for(slow.recv(), 60)
            received += 1
    except ConnectionClosed as closed:
        # Nothing reaches a client that reads nothing for minutes: its connection is cut instead.
        if closed.rcvd is not None and closed.rcvd.code != 1013:
            raise CampaignFailedError(f"the slow client got {closed.rcvd}") from None
    if received >= messages:
        raise CampaignFailedError("the slow client was served to its end")


def measure_memory(server: Server) -> int:
    """Return the bytes of memory of a server with all its processes."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        parts = status.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()
        number = int(status.parent.name)
        if server.process.pid in (number, int(parts[1])):
            total += int(parts[21]) * 4096
    return total


def run(url: str, *, subscribers: int, messages: int, pause: float, name: str) -> str:
    """Run the campaign on one server; return what was measured.

    Args:
        url: The database.
        subscribers: The number of clients, with the one that does not read.
        messages: The number of messages, of 40 kB each.
        pause: The seconds between two messages.
        name: The server, a key of `COMMANDS`.

    Raises:
        CampaignFailedError: Something did not hold.
    """
    with serve(url, name=name, CHANNELS_BUFFER="32") as server:
        before = measure_memory(server)
        seconds = asyncio.run(attack(server, subscribers, messages, pause))
        grown = (measure_memory(server) - before) / 1e6
    p99 = seconds[int(len(seconds) * 0.99)] * 1000
    median = seconds[len(seconds) // 2] * 1000
    return (
        f"{subscribers} clients, {messages} messages of 40 kB: p50 {median:.0f} ms, p99 {p99:.0f} "
        f"ms, {grown:.0f} MB more memory"
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the campaign on both servers, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--messages", type=int, default=400)
    parser.add_argument("--pause", type=float, default=0.5)
    options = parser.parse_args(arguments)
    for name in ("run uvicorn", "run granian"):
        with tempfile.TemporaryDirectory() as folder:
            said = run(f"sqlite:///{folder}/test.db", name=name, **vars(options))
            print("C4 ok", name, said, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
