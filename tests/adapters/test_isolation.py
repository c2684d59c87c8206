"""Requests on one connection do not see each other, and notice when the client leaves."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.contract.conftest import eventually
from tests.contract.servers import ROOT, WEBSOCKET, RawConnection, Server, request

PROGRAM = "tests.adapters.program_of_isolation:app"


class Servers:
    """Starts each server when it is first asked for."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], Server] = {}

    def get(self, name: str, loop: str) -> Server:
        if (name, loop) not in self._running:
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            environment.pop("PRONGHORN_GENERAL", None)  # uvicorn is adopted in the short way only
            self._running[name, loop] = Server(name, PROGRAM, environment, "--loop", loop)
        return self._running[name, loop]

    def stop(self) -> None:
        for server in self._running.values():
            server.stop()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    servers = Servers()
    yield servers
    servers.stop()


LOOPS = ("asyncio", "uvloop")


@pytest.fixture(params=[(name, loop) for name in ("uvicorn", "protocol") for loop in LOOPS])
def server(request: pytest.FixtureRequest, servers: Servers) -> Server:
    """Each server of ours on each event loop."""
    return servers.get(*request.param)


@pytest.fixture(params=LOOPS)
def protocol(request: pytest.FixtureRequest, servers: Servers) -> Server:
    """Our own protocol class on each event loop."""
    return servers.get("protocol", request.param)


def answers(server: Server, data: bytes, count: int) -> list[object]:
    with RawConnection(server.port) as connection:
        connection.send(data)
        return [json.loads(connection.read().body) for _ in range(count)]


# --- context variables ---------------------------------------------------------------------------


def test_pipelined_requests_do_not_share_context(server: Server) -> None:
    targets = [f"/set/{number}?wait={number % 2}" for number in range(200)]
    found = answers(server, b"".join(request("GET", target) for target in targets), 200)
    assert found == ["unset"] * 200


def test_request_behind_a_stream_has_its_own_context(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/stream/a") + request("GET", "/stream/b"))
        assert [connection.read().body for _ in range(2)] == [b"unset", b"unset"]


def test_request_after_a_paused_body_has_its_own_context(server: Server) -> None:
    with RawConnection(server.port) as connection:
        for number in range(20):
            connection.send(request("POST", f"/upload/{number}", body=b"x" * 600_000))
            assert json.loads(connection.read().body) == "unset"
            connection.send(request("GET", f"/set/after-{number}"))
            assert json.loads(connection.read().body) == "unset"


def test_background_work_keeps_the_context_of_its_request(server: Server) -> None:
    names = [f"background-{number}" for number in range(50)]
    data = b"".join(request("GET", f"/set/{name}") for name in names)
    assert answers(server, data, 50) == ["unset"] * 50
    for name in names:
        eventually(lambda name=name: httpx.get(f"{server.url}/seen").json().count(name), 1)  # type: ignore[misc]


@pytest.mark.parametrize("first", [b"", b"x" * 600_000], ids=["get", "paused body"])
def test_websocket_after_a_request_has_its_own_context(server: Server, first: bytes) -> None:
    with RawConnection(server.port) as connection:
        method, target = ("POST", "/upload/x") if first else ("GET", "/set/x")
        connection.send(request(method, target, body=first))
        assert connection.read().status == 200
        connection.send(request("GET", "/variable", *WEBSOCKET))
        assert connection.read("HEAD").status == 101
        assert connection.read_bytes(7) == b"\x81\x05unset"


# --- tasks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wait", ["", "?wait=1"])
def test_each_request_has_its_own_task(server: Server, wait: str) -> None:
    prefix = "waits" if wait else "runs"
    targets = [f"/task/{prefix}-{number}{wait}" for number in range(100)]
    found = answers(server, b"".join(request("GET", target) for target in targets), 100)
    with RawConnection(server.port) as connection:
        for number in range(100):
            connection.send(request("GET", f"/task/{prefix}-alone-{number}{wait}"))
            found.append(json.loads(connection.read().body))
    names = [f"{prefix}-{number}" for number in range(100)]
    names += [f"{prefix}-alone-{number}" for number in range(100)]
    assert found == [{"found": name, "stays": True} for name in names]


def test_request_that_cancels_its_own_task(server: Server) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/cancel?catch=1") + request("GET", "/set/x"))
        assert [json.loads(connection.read().body) for _ in range(2)] == ["caught", "unset"]
        connection.send(request("GET", "/cancel"))
        assert connection.read().status == 500
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/text"))
        assert connection.read().status == 200


# --- clients that leave --------------------------------------------------------------------------


def reset(connection: RawConnection) -> None:
    """Leave without a farewell."""
    linger = struct.pack("ii", 1, 0)
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


@pytest.mark.parametrize("kind", ["/poll", "/listen", "/events"])
@pytest.mark.parametrize("leave", [RawConnection.close, reset], ids=["close", "reset"])
def test_all_waiting_requests_learn_that_the_client_left(
    server: Server, kind: str, leave: object
) -> None:
    connections = [RawConnection(server.port) for _ in range(50)]
    for connection in connections:
        connection.send(request("GET", kind) + request("GET", "/text") * 3)

    def waiting() -> int:
        return int(httpx.get(f"{server.url}/checkouts", params={"kind": kind}).json())

    eventually(waiting, 50)
    for connection in connections:
        leave(connection)  # type: ignore[operator]  # one of two functions
    eventually(waiting, 0)


@pytest.mark.parametrize("kind", ["/poll", "/listen", "/events"])
def test_request_that_arrives_behind_a_waiting_one(protocol: Server, kind: str) -> None:
    def waiting() -> int:
        return int(httpx.get(f"{protocol.url}/checkouts", params={"kind": kind}).json())

    with RawConnection(protocol.port) as connection:
        connection.send(request("GET", kind))
        eventually(waiting, 1)
        connection.send(request("GET", "/text"))
    eventually(waiting, 0)


# --- clients that send nothing more --------------------------------------------------------------


def answer_after_half_close(server: Server, data: bytes, count: int = 1) -> list[int]:
    """The statuses of the answers to a client that closes its sending side at once (`nc -N`)."""
    with RawConnection(server.port) as connection:
        connection.send(data)
        connection.socket.shutdown(socket.SHUT_WR)
        statuses = [connection.read().status for _ in range(count)]
        assert connection.is_closed_by_server()
        return statuses


def test_client_that_closes_its_sending_side_is_answered(server: Server) -> None:
    for _ in range(20):
        assert answer_after_half_close(server, request("GET", "/text")) == [200]
        body = request("POST", "/json", "Content-Type: application/json", body=b'{"a": 1}')
        assert answer_after_half_close(server, body) == [200]
        assert answer_after_half_close(server, request("GET", "/nowhere")) == [404]


@pytest.mark.parametrize(
    "requests",
    [
        [request("GET", "/slow")],
        [request("GET", "/thread")],
        [request("GET", "/slow"), request("GET", "/thread"), request("POST", "/echo", body=b"x")],
        [request("POST", "/echo", body=b"x" * 600_000), request("GET", "/shared")],
    ],
    ids=["slow", "thread", "pipelined", "large"],
)
def test_slow_answers_come_after_a_half_close(protocol: Server, requests: list[bytes]) -> None:
    statuses = answer_after_half_close(protocol, b"".join(requests), len(requests))
    assert statuses == [200] * len(requests)


def test_an_answer_that_waits_for_its_client_comes_after_a_half_close(protocol: Server) -> None:
    with RawConnection(protocol.port) as connection:
        connection.send(request("GET", "/long"))
        assert connection.socket.recv(1, socket.MSG_PEEK) == b"H"  # The program has answered.
        connection.socket.shutdown(socket.SHUT_WR)
        time.sleep(0.2)  # The server receives the end of the data before the client reads.
        assert connection.read().status == 200
        assert connection.is_closed_by_server()


def test_request_that_is_cut_off_gets_no_answer(protocol: Server) -> None:
    cut_off = request("POST", "/echo", "Content-Length: 10") + b"12345"
    assert answer_after_half_close(protocol, cut_off, 0) == []
    assert answer_after_half_close(protocol, request("GET", "/slow") + cut_off) == [200]
    assert answer_after_half_close(protocol, b"GET /text HTT", 0) == []
