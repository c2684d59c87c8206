"""Run the same tests against every way of serving a program.

- "in process": ASGI without a server, through the test client
- "uvicorn": uvicorn's own ASGI
- "protocol": uvicorn with our protocol class
- "granian": Granian's ASGI, by its own command
- "run granian": Granian's ASGI, by `pronghorn run`
- "HTTP/2": Granian's ASGI, by `pronghorn run`, with a client that begins with HTTP/2
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from tests.contract.servers import COMMANDS, PATIENCE, ROOT, Server

PROGRAM = "tests.contract.program:app"
WITH_MIDDLEWARE = "tests.contract.program_with_middleware:app"
WITH_HANDLER = "tests.contract.program_with_handler:app"


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the servers; the test process needs the folder of files too."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "digits.txt").write_bytes(b"0123456789" * 20_000)
    (folder / "long.txt").write_bytes(b"0123456789" * 60_000)
    os.environ["CONTRACT_FILES"] = str(folder)
    return {**os.environ, "PYTHONPATH": str(ROOT)}


class Servers:
    """Starts each server when it is first asked for."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._running: dict[tuple[str, str], Server] = {}

    def get(self, name: str, program: str = PROGRAM) -> Server:
        key = (name, program)
        if key not in self._running:
            self._running[key] = Server(name, program, self._environment)
        return self._running[key]

    def stop(self) -> None:
        for server in self._running.values():
            server.stop()


@pytest.fixture(scope="session")
def servers(environment: dict[str, str]) -> Iterator[Servers]:
    running = Servers(environment)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def in_process(environment: dict[str, str]) -> Iterator[TestClient]:
    from tests.contract.program import app

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def in_process_with_middleware(environment: dict[str, str]) -> Iterator[TestClient]:
    from tests.contract.program_with_middleware import app

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


WAYS = ["in process", *COMMANDS, "HTTP/2"]


def over_the_wire(request: pytest.FixtureRequest, program: str) -> Iterator[httpx.Client]:
    """A client of a program on the server that a fixture's parameter names."""
    is_http2 = request.param == "HTTP/2"
    name = "run granian" if is_http2 else request.param
    server = request.getfixturevalue("servers").get(name, program)
    with httpx.Client(
        base_url=server.url, timeout=PATIENCE, http1=not is_http2, http2=is_http2
    ) as client:
        yield client


@pytest.fixture(params=WAYS)
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of the program, over each way; it follows no redirects."""
    if request.param == "in process":
        test_client: TestClient = request.getfixturevalue("in_process")
        test_client.follow_redirects = False
        test_client.cookies.clear()
        yield test_client
        return
    yield from over_the_wire(request, PROGRAM)


@pytest.fixture(params=WAYS)
def client_of_middleware(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of the program with middleware, over each way."""
    if request.param == "in process":
        yield request.getfixturevalue("in_process_with_middleware")
        return
    yield from over_the_wire(request, WITH_MIDDLEWARE)


@pytest.fixture(params=WAYS)
def client_of_handler(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of the program with a handler for 404, over each way."""
    if request.param == "in process":
        from tests.contract.program_with_handler import app

        yield TestClient(app)
        return
    yield from over_the_wire(request, WITH_HANDLER)


@pytest.fixture(params=list(COMMANDS))
def server(request: pytest.FixtureRequest, servers: Servers) -> Server:
    """A server of the program, for tests of what only a connection has."""
    return servers.get(request.param)


def eventually(ask: Callable[[], Any], expected: Any) -> None:
    """Ask again until the answer is as expected; what a server does after its answer takes time."""
    deadline = time.monotonic() + PATIENCE
    answer = ask()
    while answer != expected and time.monotonic() < deadline:
        time.sleep(0.01)
        answer = ask()
    assert answer == expected
