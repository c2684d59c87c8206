"""The short form of `make ha`: a host is killed. It makes network namespaces: Linux and root."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.mark.timeout(400)
def test_a_host_is_killed_and_nothing_is_lost() -> None:
    command = [sys.executable, "-m", "tests.ha", "--short", "--only", "kill"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode or "kill ok" not in done.stdout:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
