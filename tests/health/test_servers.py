"""Probes on every server: outside of the layers, not in the access log, and while it stops."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.contract.servers import COMMANDS, PATIENCE, ROOT, Answer, RawConnection, Server, request

Start = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[Start]:
    servers: list[Server] = []

    def start_server(name: str, program: str = "app") -> Server:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        options = ["--access-log"] if name == "granian" else []
        server = Server(name, f"tests.health.program:{program}", environment, *options)
        servers.append(server)
        return server

    yield start_server
    for server in servers:
        server.stop()


def ask(server: Server, method: str, path: str) -> Answer:
    with RawConnection(server.port) as connection:
        connection.send(request(method, path))
        return connection.read(method)


def ask_until(server: Server, path: str, status: int) -> Answer:
    """The response with a status, which comes when the cached result is too old."""
    deadline = time.monotonic() + PATIENCE
    while (answer := ask(server, "GET", path)).status != status:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return answer


@pytest.mark.parametrize("name", COMMANDS)
def test_probes_follow_a_check(name: str, start: Start) -> None:
    server = start(name)
    ready = ask(server, "GET", "/ready")
    assert (ready.status, ready.headers["cache-control"]) == (200, "no-store")
    assert json.loads(ready.body) == {"status": "ok", "checks": {"database": "ok"}}
    assert ask(server, "HEAD", "/ready").headers["content-length"] == str(len(ready.body))
    assert ask(server, "POST", "/break").status == 200
    failing = ask_until(server, "/ready", 503)
    assert json.loads(failing.body) == {"status": "failing", "checks": {"database": "failing"}}
    assert ask(server, "GET", "/live").status == 200
    printed = server.stop()
    assert '"GET /text HTTP/1.1" 200' in printed  # `Server` asks for it.
    assert '"GET /live' not in printed
    assert '"GET /ready HTTP/1.1" 200' not in printed
    assert '"GET /ready HTTP/1.1" 503' in printed
    assert printed.count("Health check database fails") == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_probes_pass_by_middleware_and_dependencies(name: str, start: Start) -> None:
    server = start(name, "guarded")
    assert ask(server, "GET", "/text").status == 400
    assert ask(server, "GET", "/live").status == ask(server, "GET", "/ready").status == 200


@pytest.mark.parametrize("name", COMMANDS)
def test_after_sigterm_it_drains_first(name: str, start: Start) -> None:
    server = start(name, "draining")
    assert ask(server, "GET", "/ready").status == 200
    server.process.send_signal(signal.SIGTERM)
    assert json.loads(ask_until(server, "/ready", 503).body) == {"status": "draining"}
    assert ask(server, "GET", "/live").status == 200
    assert ask(server, "GET", "/text").status == 200
    assert server.process.wait(PATIENCE) in {0, -signal.SIGTERM}
    printed = server.stop()
    assert "Application shutdown complete" in printed or "Granian shutdown completed" in printed
    assert "Traceback" not in printed


def test_a_taken_path_stops_the_server(start: Start) -> None:
    with pytest.raises(RuntimeError, match="The route /ready has the path of a probe"):
        start("protocol", "taken")
