"""Clients that hold connections: how many a server still has after half a minute."""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server

CLIENTS = 200
SECONDS = 33.0
PROGRAM = "tests.hardening.slow_program:app"


class Holding:
    """Many clients that send little, or take nothing, and how many of them are still connected.

    Args:
        name: The name of the row.
        first: What each client sends at once.
        drip: What it sends every second.
    """

    goal = "0"
    program = PROGRAM
    options: tuple[str, ...] = ()

    def __init__(self, name: str, first: bytes, drip: bytes = b"") -> None:
        self.name = name
        self._first = first
        self._drip = drip

    def run(self, server: Server) -> Figure:
        """Attack a server, and count the connections that it holds for more than 30 seconds."""
        clients = [connect(server.port) for _ in range(CLIENTS)]
        for client in clients:
            client.sendall(self._first)
        end = time.monotonic() + SECONDS
        while self._drip and time.monotonic() < end and server.count_connections():
            time.sleep(1)
            for client in clients:
                with suppress(OSError):
                    client.send(self._drip)
        while time.monotonic() < end and server.count_connections():
            time.sleep(0.5)
        held = min(server.count_connections(), CLIENTS)
        for client in clients:
            client.close()
        return Figure(f"{held} of {CLIENTS}", held == 0)


class Reading:
    """Many clients that ask and read nothing, and the memory that they cost.

    Args:
        name: The name of the row.
        path: What they ask for.
    """

    goal = "+32 MiB"
    program = PROGRAM
    options: tuple[str, ...] = ()

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self._request = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode()

    def run(self, server: Server) -> Figure:
        """Attack a server, and watch its memory."""
        before, most = server.resident_mib(), 0.0
        clients = [connect(server.port) for _ in range(CLIENTS)]
        for client in clients:
            client.sendall(self._request)
        for _ in range(20):
            time.sleep(0.5)
            most = max(most, server.resident_mib() - before)
        for client in clients:
            client.close()
        return as_memory(most)


class Pipelining:
    """One client that sends very many requests before it reads answers, and their memory."""

    name = "memory for 300,000 pipelined requests in 9 MB"
    goal = "+32 MiB"
    program = PROGRAM
    options: tuple[str, ...] = ()
    requests = 300_000
    seconds = 55.0

    def run(self, server: Server) -> Figure:
        """Attack a server, and watch its memory."""
        data = memoryview(b"GET / HTTP/1.1\r\nHost: abc\r\n\r\n" * self.requests)
        before, most, answers, rest = server.resident_mib(), 0.0, 0, b""
        end, begin = time.monotonic() + self.seconds, b"HTTP/1.1 200"
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.setblocking(False)
            while answers < self.requests and time.monotonic() < end:
                readable, writable, _ = select.select([client], [client] if data else [], [], 1)
                if writable:
                    data = data[client.send(data[: 1 << 20]) :]
                if readable:
                    part = client.recv(1 << 20)
                    if not part:
                        break
                    rest += part
                    answers += rest.count(begin)
                    rest = rest[max(rest.rfind(begin) + 1, len(rest) - len(begin)) :]
                most = max(most, server.resident_mib() - before)
        return as_memory(most, [f"{answers:,} answers"])


def as_memory(most: float, details: list[str] | None = None) -> Figure:
    """Return the figure for a growth of memory, in MiB."""
    return Figure(f"+{most:.0f} MiB", most <= 32, details or [])


def connect(port: int) -> socket.socket:
    """Connect a client whose system takes little of a response."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    return client
