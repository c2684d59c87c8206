"""Clients of a server that is told to end, or whose worker is killed, and what they lose."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks.hardening.servers import Server

Result = TypeVar("Result")
#: Seconds until a client gives an answer up.
PATIENCE = 25.0


class LostError(Exception):
    """A client has sent a request, and got no whole answer."""


@dataclass
class Client:
    """A client that asks again and again, on one connection as long as the server keeps it.

    Attributes:
        answered: Number of answers.
        lost: What happened instead of an answer.
        lost_by: The processes that had answered before on the connections that were lost; None for
            a connection without an answer.
        pid: The process that has answered last on the connection, which is what it answers.
    """

    port: int
    path: str
    answered: int = 0
    lost: list[str] = field(default_factory=list)
    lost_by: list[int | None] = field(default_factory=list)
    pid: int | None = None

    async def ask_until(self, is_over: Callable[[], bool]) -> None:
        """Ask until a function returns True."""
        stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while not is_over():
            try:
                stream = stream or await asyncio.open_connection("127.0.0.1", self.port)
                keeps = await asyncio.wait_for(self._ask(*stream), PATIENCE)
                self.answered += 1
            except (OSError, LostError, TimeoutError) as error:
                self.lost.append(f"{type(error).__name__}: {error}")
                self.lost_by.append(self.pid)
                keeps = False
                await asyncio.sleep(0.05)
            if not keeps and stream is not None:
                stream[1].close()
                stream = self.pid = None
        if stream is not None:
            stream[1].close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Ask once; return False if the server closes the connection."""
        writer.write(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % self.path.encode())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            self.pid = int(await reader.readexactly(length))
        except (asyncio.IncompleteReadError, ValueError) as error:
            raise LostError(str(error)) from error
        return b"connection: close" not in head


async def load(
    port: int, path: str, clients: int, act: Callable[[], None], before: float, after: float
) -> list[Client]:
    """Let clients ask for some seconds, act, and let them ask on for some more.

    Args:
        port: The port of the server.
        path: What they ask for.
        clients: Their number.
        act: What happens to the server.
        before: Seconds before that.
        after: Seconds after that.

    Returns:
        The clients.
    """
    until = time.monotonic() + before + after
    all_clients = [Client(port, path) for _ in range(clients)]
    asking = [
        asyncio.create_task(client.ask_until(lambda: time.monotonic() > until))
        for client in all_clients
    ]
    await asyncio.sleep(before)
    act()
    await asyncio.gather(*asking)
    return all_clients


async def follow_stream(port: int, path: str, begun: asyncio.Event) -> bool:
    """Read a chunked stream to its end; return whether the server has ended it properly."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode())
        await reader.readuntil(b"\r\n\r\n")
        last = await reader.readuntil(b"\n\n")
        begun.set()
        while data := await reader.read(65_536):
            last = (last + data)[-5:]
    except (OSError, asyncio.IncompleteReadError):
        begun.set()
        return False
    writer.close()
    return last == b"0\r\n\r\n"


async def follow_socket(port: int, path: str, begun: asyncio.Event) -> int | None:
    """Open a WebSocket; return the code with which the server closes it, None without one."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed

    try:
        async with connect(f"ws://127.0.0.1:{port}{path}", proxy=None) as socket:
            await socket.send("hello")
            await socket.recv()
            begun.set()
            await socket.recv()
    except ConnectionClosed as error:
        return None if error.rcvd is None else int(error.rcvd.code)
    except OSError:
        begun.set()
    return None


async def leave_streams(
    server: Server, number: int, streams: str, sockets: str
) -> tuple[list[bool], list[int | None]]:
    """Open streams and WebSockets, send SIGTERM, and wait for the end of all of them."""
    begun = [asyncio.Event() for _ in range(2 * number)]
    following = [
        asyncio.create_task(follow_stream(server.port, streams, event)) for event in begun[:number]
    ]
    open_sockets = [
        asyncio.create_task(follow_socket(server.port, sockets, event)) for event in begun[number:]
    ]
    for event in begun:
        await event.wait()
    server.send_signal(signal.SIGTERM)
    ended = await asyncio.gather(*(_end(task, False) for task in following))
    codes = await asyncio.gather(*(_end(task, None) for task in open_sockets))
    return ended, codes


async def _end(task: asyncio.Task[Result], otherwise: Result) -> Result:
    with suppress(TimeoutError):
        return await asyncio.wait_for(task, PATIENCE)
    return otherwise
