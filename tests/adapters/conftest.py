"""Start servers with other options than the contract tests, for the same program."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.servers import ROOT, Server

PROGRAM = "tests.contract.program:app"
Start = Callable[..., Server]


@pytest.fixture(params=["uvicorn", "protocol"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Start uvicorn with options, with its own protocol and with ours; stopped after the test."""
    (tmp_path / "digits.txt").write_bytes(b"0123456789")
    environment = {**os.environ, "CONTRACT_FILES": str(tmp_path), "PYTHONPATH": str(ROOT)}
    started: list[Server] = []

    def start(*arguments: str, program: str = PROGRAM) -> Server:
        started.append(Server(request.param, program, environment, *arguments))
        return started[-1]

    yield start
    for server in started:
        server.stop()
