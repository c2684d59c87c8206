"""The short form of J1: `python -m tests.durable.j1` ends processes at 200 points."""

import subprocess
import sys

import pytest

from tests.contract.servers import ROOT

POINTS = 8


@pytest.mark.timeout(120)
def test_a_process_that_ends_leaves_an_order_with_its_task_or_neither(database_url: str) -> None:
    command = [sys.executable, "-m", "tests.durable.j1", "--points", str(POINTS)]
    done = subprocess.run(
        [*command, "--url", database_url], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{POINTS} points" in done.stdout
