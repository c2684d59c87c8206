"""The programs of docs/how-to/deploy-ray.md run as they are written, by the command beside them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from ray import serve

from tests.ray.helpers import PATIENCE, Nodes

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "deploy-ray.md"
BLOCKS = re.findall(r"^```py[^\n]*\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
PROGRAM = """
from pronghorn import FastAPI

app = FastAPI()


@app.get("/length")
def length(text: str) -> int:
    return len(text)
"""


def test_the_page_has_two_programs() -> None:
    assert len(BLOCKS) == 2
    assert "serve run --working-dir . shop.serving:deployment" in PAGE.read_text("utf-8")


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_program_is_run(nodes: Nodes, client: httpx.Client, number: int, tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "main.py").write_text(PROGRAM)
    (package / "serving.py").write_text(BLOCKS[number])
    options = ["--working-dir", ".", "--non-blocking", "--name", "page", "--route-prefix", "/page"]
    serve_command = str(Path(sys.executable).with_name("serve"))
    done = subprocess.run(
        [serve_command, "run", *options, "shop.serving:deployment"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "RAY_ADDRESS": nodes.cluster.address},
        timeout=2 * PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr  # With which Ray returns 0, too.
    assert client.get("/page/length", params={"text": "four"}).json() == 4
    assert "/page/openapi.json" in client.get("/page/docs").text
    serve.delete("page")
