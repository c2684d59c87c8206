"""`pronghorn run` keeps little for clients that take nothing, and for requests that wait."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from threading import Thread

import pytest

from benchmarks.hardening.servers import Server, start
from tests.hardening.slow import PATIENCE, ask, hold

CLIENTS = 100
#: The most MiB for all of them; `make harden` has twice as many. Python 3.14 gives each open file a
#: buffer of 128 KiB.
MOST = 24.0 if sys.version_info < (3, 14) else 36.0
REQUESTS = 20_000
MOST_FOR_REQUESTS = 10.0


@pytest.fixture(scope="module", params=["app", "wrapped"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with start("run", f"tests.hardening.slow_program:{request.param}") as started:
        yield started


PATHS = ("/big", "/file", "/endless", "/endless?large=true")


def test_clients_that_take_nothing(server: Server) -> None:
    for path in PATHS:  # The first of a kind also pays for what is loaded once.
        for client in hold(server.port, ask(path), 1):
            assert client.recv(1)
            client.close()
    before = server.resident_mib()
    most = 0.0
    for path in PATHS:
        clients = hold(server.port, ask(path), CLIENTS)
        deadline, looks = time.monotonic() + PATIENCE, 0
        while looks < 3:
            looks += server.count_connections() >= CLIENTS
            assert time.monotonic() < deadline
            time.sleep(0.2)
            most = max(most, server.resident_mib() - before)
        for client in clients:
            client.close()
    assert most < MOST


def test_requests_that_wait_are_answered_in_order(server: Server) -> None:
    data = b"".join(ask(f"/number?n={number}") for number in range(REQUESTS))
    before, most, received = server.resident_mib(), 0.0, bytearray()
    last = b"\r\n\r\n%d" % (REQUESTS - 1)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.settimeout(PATIENCE)
        sending = Thread(target=client.sendall, args=(data,))
        sending.start()
        while not received.endswith(last):
            received += client.recv(1 << 20)
            most = max(most, server.resident_mib() - before)
        sending.join()
    bodies = [part.partition(b"\r\n\r\n")[2] for part in received.split(b"HTTP/1.1 200 ")[1:]]
    assert [int(body) for body in bodies] == list(range(REQUESTS))
    assert most < MOST_FOR_REQUESTS


def test_requests_of_a_client_that_takes_nothing(server: Server) -> None:
    """Neither the requests nor the responses pile up."""
    data = ask("/number?n=1") * REQUESTS
    before, most, sent = server.resident_mib(), 0.0, 0
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.setblocking(False)
        for _ in range(10):
            while sent < len(data):
                try:
                    sent += client.send(data[sent:])
                except BlockingIOError:
                    break
            time.sleep(0.1)
            most = max(most, server.resident_mib() - before)
    assert most < MOST_FOR_REQUESTS
