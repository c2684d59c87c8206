"""WebSocket clients that answer no ping, or read nothing: how long a server holds them."""

from __future__ import annotations

import asyncio

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.hardening import websocket_attacks as attacks

CLIENTS = 50
#: Two times 20 seconds, for the ping and for its answer, and a little more.
SECONDS = 45.0


class WebSocketSilence:
    """Clients that are held although they are gone."""

    name = "100 WebSockets that answer no ping, half of which read nothing: held over 45 s"
    goal = "0"
    program = "tests.hardening.websocket_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Open connections, stay silent, and count those that are left."""
        paths = ["/echo", "/floods"] * CLIENTS
        waiting = attacks.count_held(server.port, paths, SECONDS, server.open_files)
        held = asyncio.run(waiting)
        return Figure(f"{held} of {len(paths)}", not held)


PROBE = WebSocketSilence()
