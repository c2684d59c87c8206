"""`make lint` checks the sources of the package, not the stubs in their place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.environment import read_pyproject

ROOT = Path(__file__).resolve().parent.parent.parent


def run_mypy(folder: Path, exclude: list[str]) -> str:
    """Return the output of mypy for a package with a source and a stub of the same module."""
    package = folder / "package"
    package.mkdir()
    package.joinpath("__init__.py").touch()
    package.joinpath("module.py").write_text('number: int = "text"\n', encoding="utf-8")
    package.joinpath("module.pyi").write_text("number: int\n", encoding="utf-8")
    package.joinpath("user.py").write_text(
        "from package.module import number\n\nprint(number)\n", encoding="utf-8"
    )
    config = folder / "mypy.toml"
    config.write_text(f"[tool.mypy]\nexclude = {json.dumps(exclude)}\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(config), "package"]
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True).stdout


@pytest.mark.timeout(120)
def test_a_mistake_in_a_source_beside_a_stub_is_found(tmp_path: Path) -> None:
    exclude = read_pyproject(ROOT / "pyproject.toml")["tool"]["mypy"]["exclude"]
    assert "package/module.py:1: error:" in run_mypy(tmp_path, exclude)


@pytest.mark.timeout(120)
def test_without_the_exclusion_it_would_not_be_found(tmp_path: Path) -> None:
    assert "Success" in run_mypy(tmp_path, [])
