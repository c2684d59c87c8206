"""A server that is stopped finishes the work that follows its responses."""

from __future__ import annotations

import os

import pytest

from tests.contract.servers import ROOT, RawConnection, Server, request

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
MODULE = "tests.adapters.program_of_shutdown"
WAYS = [
    ("granian", "app"),
    ("run granian", "app"),
    ("run granian", "wrapped"),
    ("uvicorn", "app"),
    ("protocol", "app"),
]


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_tasks_and_dependencies_end_before_the_lifespan(way: tuple[str, str]) -> None:
    name, program = way
    server = Server(name, f"{MODULE}:{program}", ENVIRONMENT)
    try:
        with RawConnection(server.port) as connection:
            connection.send(request("GET", "/later"))
            assert connection.read().body == b'"sent"'
    finally:
        output = server.stop()
    told = [line for line in output.splitlines() if line.startswith("the ")]
    assert told == ["the task is done", "the session is closed", "the lifespan ends"]
