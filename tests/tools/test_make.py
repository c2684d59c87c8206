"""The targets of make start with a Python that has no packages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = (ROOT / "Makefile").read_text("utf-8")
MODULES = re.findall(r"^\t@\$\(PYTHON\) -m (\S+)", TARGETS, re.MULTILINE)


@pytest.mark.parametrize("module", MODULES)
def test_a_target_needs_no_packages_to_start(module: str) -> None:
    """It makes an environment first. Nothing runs here: only the imports are those of a start."""
    file = ROOT.joinpath(*module.split("."))
    name = f"{module}.__main__" if file.is_dir() else module
    command = [sys.executable, "-S", "-c", f"import {name}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_the_targets_are_found() -> None:
    assert {"tools.ecosystem", "benchmarks.run", "benchmarks.wire"} <= set(MODULES)
