"""Floods through WebSockets, and the memory that they take: fragments, bombs, pings, messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.hardening import websocket_attacks as attacks

FRAGMENTS = 2_000_000
CLIENTS, BOMBS, SECONDS = 10, 200, 5.0
MOST = 64
#: Seconds between two attacks, for what the server has to give back.
PAUSE = 1.0

Attack = Callable[[int], Coroutine[Any, Any, Any]]
ATTACKS: dict[str, Attack] = {
    "one message in 2,000,000 fragments": lambda port: attacks.send_fragments(port, FRAGMENTS),
    "2,000,000 empty fragments": lambda port: attacks.send_fragments(port, FRAGMENTS, 0),
    "compressed MiBs to a slow program": lambda port: attacks.send_bombs(
        port, CLIENTS, BOMBS, "/slow", SECONDS
    ),
    "compressed MiBs to an echo": lambda port: attacks.send_bombs(
        port, CLIENTS, BOMBS, "/echo", SECONDS
    ),
    "pings whose pongs nobody reads": lambda port: attacks.send_pings(port, CLIENTS, SECONDS),
    "messages to a slow program": lambda port: attacks.send_messages(port, CLIENTS, SECONDS),
    "clients that read nothing": lambda port: attacks.read_nothing(port, 50, SECONDS),
}


class WebSocketFloods:
    """The largest growth of memory under any of the floods."""

    name = "floods of fragments, bombs, pings and messages through 10 WebSockets each: memory"
    goal = f"+{MOST} MiB at most"
    program = "tests.hardening.websocket_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Flood a server in several ways, and return what the worst of them took."""
        details, most = [], 0.0
        for name, attack in ATTACKS.items():
            with attacks.watch(server.port, server.resident_mib) as watched:
                asyncio.run(attack(server.port))
            most = max(most, watched.growth)
            details.append(
                f"{name}: +{watched.growth:.0f} MiB, slowest answer beside it {watched.stall:.2f} s"
            )
            time.sleep(PAUSE)
        return Figure(f"+{most:.0f} MiB", most <= MOST, details)


PROBE = WebSocketFloods()
