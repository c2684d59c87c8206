"""`pronghorn run` cuts off clients that are too slow, and no others."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from benchmarks.hardening import servers
from benchmarks.hardening.servers import Server, start
from tests.hardening.encrypted import AnyServer, certify
from tests.hardening.slow import (
    CLIENTS,
    LATE,
    PATIENCE,
    STRICT,
    Outcome,
    ask,
    connect_tiny,
    find_wrong,
    hold,
    talk_all,
)

BIG = 1 << 22
#: Requests whose answers do not fit into the buffers of the system.
LARGE = ["/big", "/file", "/endless"]
UNLIMITED = [option if option.startswith("--") else "0" for option in STRICT]


@dataclass
class Seen:
    """What was seen of a server under attack."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    uploads: bytes = b""
    is_holding_readers: bool = False
    is_rid_of_readers: bool = False


@dataclass(frozen=True)
class Target:
    """A server to attack: an object of `slow_program`, with more options."""

    program: str
    options: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None

    def attack(self) -> Seen:
        with start("run", f"tests.hardening.slow_program:{self.program}", self.options) as server:
            return self._attack(server)

    def _attack(self, server: Server) -> Seen:
        seen = Seen()
        # Over TLS, these are handshakes that are not completed.
        readers = [hold(server.port, b"" if self.tls else ask(path), 3) for path in LARGE]
        seen.is_holding_readers = _becomes_true(lambda: server.count_connections() >= 3)
        seen.outcomes = asyncio.run(talk_all(server.port, CLIENTS, self.tls))
        seen.is_rid_of_readers = _becomes_true(lambda: not server.count_connections())
        for client in (client for group in readers for client in group):
            client.close()
        if self.tls is None:
            seen.uploads = get(server, "/outcomes")
        return seen


def get(server: Server, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(ask(path, "Connection: close"))
        return client.makefile("rb").read()


def _becomes_true(is_over: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not is_over():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture(scope="module")
def attacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Seen]]]:
    """Attack servers of several kinds at once, since most of the time all wait."""
    files, context = certify(tmp_path_factory.mktemp("tls"))
    targets = {
        "app": Target("app", STRICT),
        "wrapped": Target("wrapped", STRICT),
        "workers": Target("behind", (*STRICT, "--workers", "2")),
        "tls": Target("app", (*STRICT, *files), context),
    }
    patch = pytest.MonkeyPatch()
    patch.setattr(servers, "Server", AnyServer)
    with ThreadPoolExecutor() as pool:
        yield {name: pool.submit(target.attack) for name, target in targets.items()}
    patch.undo()


@pytest.mark.parametrize("target", ["app", "wrapped", "workers", "tls"])
def test_slow_clients_are_cut_off_and_no_others(
    target: str, attacks: dict[str, Future[Seen]]
) -> None:
    seen = attacks[target].result()
    assert find_wrong(CLIENTS, seen.outcomes) == []
    assert b"data: 2" in seen.outcomes["a program that sends nothing"].received
    assert (seen.is_holding_readers, seen.is_rid_of_readers) == (True, True)


@pytest.mark.parametrize("target", ["app", "wrapped"])
def test_the_program_sees_a_disconnect(target: str, attacks: dict[str, Future[Seen]]) -> None:
    uploads = attacks[target].result().uploads
    assert (uploads.count(b"disconnect"), uploads.count(b"whole")) == (4, 1)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with start("run", "tests.hardening.slow_program:app", STRICT) as started:
        yield started


def test_a_slow_but_steady_reader_gets_everything(server: Server) -> None:
    received = dict.fromkeys(("/big", "/file"), 0)
    clients = {path: connect_tiny(server.port) for path in received}
    for path, client in clients.items():
        client.sendall(ask(path))
    while any(length < BIG for length in received.values()):
        for path, client in clients.items():
            if received[path] < BIG:
                part = client.recv(BIG // 12)
                assert part
                received[path] += len(part)
                time.sleep(len(part) / BIG * 1.5)
    for client in clients.values():
        client.close()


def test_clients_are_not_to_blame_for_a_blocked_loop(server: Server) -> None:
    """They sent in time; the server did not read."""
    with (
        socket.create_connection(("127.0.0.1", server.port)) as head,
        socket.create_connection(("127.0.0.1", server.port)) as body,
        socket.create_connection(("127.0.0.1", server.port)) as blocking,
    ):
        head.sendall(ask("/")[:-2])
        body.sendall(ask("/upload", "Content-Length: 2", method="POST"))
        time.sleep(0.2)
        blocking.sendall(ask("/block?seconds=3"))
        time.sleep(0.2)
        head.sendall(b"\r\n")
        body.sendall(b"{}")
        answers = [client.recv(13) for client in (head, body, blocking)]
    assert answers == [b"HTTP/1.1 200 "] * 3


def test_no_limits() -> None:
    waiting = [client for client in CLIENTS if client.begins == LATE]
    with start("run", "tests.hardening.slow_program:app", UNLIMITED) as server:
        clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in waiting]
        for client, slow in zip(clients, waiting, strict=True):
            client.sendall(slow.first)
        time.sleep(2.5)  # With limits of a second, all would be cut off.
        for client in clients:
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
            client.close()
