"""Commands with a supervisor, clients that ask all the time, and what they lose."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from benchmarks.hardening.leaving import Client
from tests.cli.processes import Server, served

PROGRAM = "tests.hardening.supervised_program:app"
#: A deadline for what takes a moment, on a machine that has much else to do.
PATIENCE = 40.0
CLIENTS = 6


def wait_for(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def running(
    *options: str, started: str = "", port: int | None = None, **variables: str
) -> Iterator[Server]:
    """A supervised command that serves the program."""
    where = () if port is None else ("--port", str(port))
    command = ("run", "--entrypoint", PROGRAM, "--host", "127.0.0.1", *where, *options)
    with served(*command, started=started, port=port, **variables) as server:
        yield server


def ask(port: int, path: str = "/") -> Any:
    """The answer to a request on a connection of its own, sent again while nobody listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        finally:
            connection.close()


def is_alive(number: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def loaded(port: int, path: str = "/slow?seconds=0.02") -> Iterator[list[Client]]:
    """Clients that ask during a block; each has got an answer before it, and one after it."""
    ask(port)
    clients = [Client(port, path) for _ in range(CLIENTS)]
    is_over = Event()

    async def ask_all() -> None:
        await asyncio.gather(*(client.ask_until(is_over.is_set) for client in clients))

    thread = Thread(target=lambda: asyncio.run(ask_all()), daemon=True)
    thread.start()
    try:
        wait_for_answers(clients)
        yield clients
        wait_for_answers(clients)
    finally:
        is_over.set()
        thread.join()


def wait_for_answers(clients: Sequence[Client]) -> None:
    """Wait until each client has got some more answers."""
    before = [client.answered for client in clients]
    wait_for(
        lambda: all(
            client.answered > number + 3 for client, number in zip(clients, before, strict=True)
        )
    )


def lost_by(clients: Sequence[Client]) -> list[str]:
    """What the clients have lost."""
    return [lost for client in clients for lost in client.lost]
