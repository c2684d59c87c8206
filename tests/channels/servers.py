"""Servers of `tests.channels.program`, each in a process of its own, and clients of them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.sync.client import ClientConnection, connect

from tests.contract.servers import COMMANDS, PATIENCE, ROOT, RUN, Server

PROGRAM = "tests.channels.program:app"
COMMANDS["run uvicorn"] = [*RUN, "--entrypoint", "{app}", "--port"]


@contextmanager
def serve(url: str, *, name: str = "run uvicorn", **variables: str) -> Iterator[Server]:
    """Run a server.

    Args:
        url: The database.
        name: A key of `COMMANDS`.
        **variables: Further variables of its environment.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": url, **variables}
    environment["PYTHONPATH"] += os.pathsep + os.environ.get("PYTHONPATH", "")
    server = Server(name, PROGRAM, environment)
    try:
        yield server
    finally:
        server.stop()


def join(server: Server, target: str, *, window: int | None = None) -> ClientConnection:
    """Return an open WebSocket.

    Args:
        server: The server.
        target: The path and the query.
        window: The bytes that the client has room for while it does not read.
    """
    sock = socket.socket()
    if window is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    sock.settimeout(PATIENCE)
    sock.connect(("127.0.0.1", server.port))
    url = f"ws://127.0.0.1:{server.port}{target}"
    # Compressed, a message of the same letter would always fit.
    return connect(
        url,
        sock=sock,
        max_queue=1,
        compression=None,
        ping_interval=None,
        open_timeout=PATIENCE,
    )
