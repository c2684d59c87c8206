"""Servers of one program each, whose output a test reads."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.servers import PATIENCE, ROOT, Server

Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a server of `tests.contract.servers`; `OBSERVED_FILE` is `observed` in its folder."""
    started: list[Server] = []

    def start_one(name: str, program: str, *arguments: str, **variables: str) -> Server:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OBSERVED_FILE": str(tmp_path / "observed"),
            **variables,
        }
        started.append(Server(name, program, environment, *arguments))
        return started[-1]

    yield start_one
    for server in started:
        server.stop()


def wait_for_lines(file: Path, count: int) -> list[Any]:
    """The JSON lines of a file, as soon as it has this number of them."""
    deadline = time.monotonic() + PATIENCE
    lines: list[str] = []
    while len(lines) < count and time.monotonic() < deadline:
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        time.sleep(0.01)
    return [json.loads(line) for line in lines]
