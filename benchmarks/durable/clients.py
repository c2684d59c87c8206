"""Many clients of a stream of events in one process, which notes when each gets a message.

    python -m benchmarks.durable.clients PORT CLIENTS MESSAGES

Prints a line when all are subscribed, and then the milliseconds from each publication to each
client as an object of JSON. A client is a socket and a buffer, so that reading takes little time.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
import time

from benchmarks.durable.queues import percentiles
from benchmarks.record import MeasurementError

REQUEST = b"GET /news HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
MESSAGE = re.compile(rb'"at":(\d+)\}')
#: The first event has the place of the client in the channel, and no message.
PLACED = b"\nid: "
PATIENCE_SECONDS = 60.0


def connect(port: int) -> socket.socket:
    """Return a connection whose client is subscribed."""
    client = socket.create_connection(("127.0.0.1", port), 30)
    client.sendall(REQUEST)
    received = b""
    while PLACED not in received:
        part = client.recv(4096)
        received += part
        if not part:
            raise MeasurementError(f"The server closed a connection after {received!r}.")
    client.setblocking(False)
    return client


def receive(clients: list[socket.socket], messages: int) -> list[float]:
    """Return the milliseconds of each message to each client.

    Raises:
        MeasurementError: Some did not come.
    """
    delays: list[float] = []
    rest = dict.fromkeys(clients, b"")
    deadline = time.monotonic() + PATIENCE_SECONDS
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client, selectors.EVENT_READ)
        while len(delays) < messages * len(clients):
            if time.monotonic() > deadline:
                raise MeasurementError(f"Only {len(delays)} messages have come.")
            for key, _ in selector.select(1.0):
                client: socket.socket = key.fileobj  # type: ignore[assignment]  # as registered
                received = client.recv(65_536)
                now = time.monotonic_ns()
                if not received:
                    raise MeasurementError("The server has ended a stream.")
                received = rest[client] + received
                end = 0
                for found in MESSAGE.finditer(received):
                    delays.append((now - int(found[1])) / 1e6)
                    end = found.end()
                rest[client] = received[end:]
    return delays


def main(port: str, count: str, messages: str) -> None:
    """Connect, receive and print."""
    clients = [connect(int(port)) for _ in range(int(count))]
    print("ready", flush=True)
    print(json.dumps(percentiles(receive(clients, int(messages)))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
