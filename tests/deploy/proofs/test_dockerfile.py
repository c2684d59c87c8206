"""hadolint judges the Dockerfile of `pronghorn new`, and that of the page about containers."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pronghorn.cli.app import commands

SCRIPTS = sysconfig.get_path("scripts")


def judge(file: Path) -> str:
    """Return what hadolint says of a Dockerfile; empty if it has nothing to say."""
    finished = subprocess.run(
        [f"{SCRIPTS}/hadolint", "--failure-threshold=style", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return finished.stdout + finished.stderr


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_that_of_new_projects(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(commands, ["new", "book-shop", "--db", database]).exit_code == 0
    assert judge(tmp_path / "book-shop/Dockerfile") == ""


def test_that_of_the_page_about_containers(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs/how-to/containers.md"
    file = tmp_path / "Dockerfile"
    file.write_text(page.read_text("utf-8").split("```dockerfile\n")[1].split("```")[0], "utf-8")
    assert judge(file) == ""


def test_a_mistake_is_found(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text('FROM python\nCMD ["a"]\nCMD ["b"]\n', "utf-8")
    assert "DL3006" in judge(file)
    assert "DL4003" in judge(file)
