"""If uvicorn lacks a name that our protocol class needs, its own class serves, with a warning."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pronghorn.adapters.uvicorn.names import WITHOUT

PROJECT = Path(__file__).parents[2]
# A module's constant, methods, and attributes of the protocol, the cycle and the flow control.
NAMES = ["STATUS_LINE", "._start_asgi_task", ".timeout_keep_alive", ".message_event"]
NAMES += [".write_paused"]


@pytest.mark.usefixtures("short_ways")
@pytest.mark.parametrize("way", ["direct", "plain"])
@pytest.mark.parametrize("name", NAMES)
def test_uvicorns_own_way_serves(name: str, way: str) -> None:
    command = [sys.executable, "-m", "tests.adapters.uvicorn_renamed", name, way]
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=50
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["protocol"] == "HttpToolsProtocol"
    assert found["answers"] == {
        "get": {"number": 3, "query": "a", "same": "a"},
        "post": {"name": "b", "has_body": True},
        "stream": "ab",
    }
    assert len(found["warnings"]) == 1
    assert name.removeprefix(".") in found["warnings"][0]
    assert found["warnings"][0].endswith(WITHOUT)
