"""The programs of docs/how-to/deploy-ray.md can be imported, and are deployments."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "deploy-ray.md"
BLOCKS = re.findall(r"^```py[^\n]*\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
PROGRAM = "from pronghorn import FastAPI\n\napp = FastAPI()\n"


def test_the_page_has_two_programs() -> None:
    assert len(BLOCKS) == 2


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_program_can_be_imported(number: int, tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "main.py").write_text(PROGRAM)
    (package / "serving.py").write_text(BLOCKS[number])
    source = "import shop.serving as s; print(type(s.deployment).__name__)"
    command = [sys.executable, "-c", source]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "Application"), done.stderr
