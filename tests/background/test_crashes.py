"""The short form of J1: `python -m tests.durable.j1` ends processes at 200 points."""

import subprocess
import sys

import pytest

from tests.contract.servers import ROOT


@pytest.mark.timeout(120)
def test_a_process_that_ends_leaves_an_order_with_its_task_or_neither(database_url: str) -> None:
    options = ["--points", "4"]
    if not database_url.startswith("sqlite"):
        options += ["--way", "session"]
    command = [sys.executable, "-m", "tests.durable.j1", *options, "--url", database_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 points" in done.stdout
