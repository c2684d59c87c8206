"""The short form of each campaign; the hosts are network namespaces, so it needs Linux and root."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
NAMES = ("J2", "J3", "J4", "J6", "J7", "J10")


@pytest.fixture(scope="module")
def lines() -> dict[str, str]:
    """What each campaign said; all of them run between the same hosts."""
    command = [sys.executable, "-m", "tests.durable", "--short"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    found: dict[str, str] = {}
    name = ""
    for line in done.stdout.splitlines(keepends=True):
        first = line.split(" ", 1)[0]
        name = first if first in NAMES else name
        found[name] = found.get(name, "") + line
    if not any(each in found for each in NAMES):
        pytest.fail(done.stdout + done.stderr, pytrace=False)
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", NAMES)
def test_campaign(lines: dict[str, str], name: str) -> None:
    said = lines.get(name, "it did not run")
    if not said.startswith(f"{name} ok"):
        pytest.fail(said, pytrace=False)
