"""A command prints the problems of settings, each as one sentence, without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
from pronghorn import FastAPI
from pronghorn.settings import BaseSettings, Secret, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_", env_file=None, secrets_dir=None)
    secret_key: Secret
    page_size: int = 20


def create_app() -> FastAPI:
    Settings()
    return FastAPI()


{app}
"""
MESSAGE = """\
Error: Settings has 2 problems:
  - SHOP_SECRET_KEY is missing: set it, or SHOP_SECRET_KEY_FILE to the path of a file.
  - SHOP_PAGE_SIZE (in the environment): Input should be a valid integer, \
unable to parse string as an integer.
  Looked in: the environment
"""


@pytest.mark.parametrize(
    ("app", "arguments"),
    [
        ("app = create_app()", ["run", "main.py"]),
        ("app = create_app()", ["routes", "main.py"]),
        ("app = create_app()", ["run", "main.py", "--server", "granian"]),
        ("", ["run", "main.py", "--factory"]),
    ],
)
def test_problems_are_printed(app: str, arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(PROGRAM.format(app=app))
    environment = {"SHOP_ENVIRONMENT": "production", "SHOP_PAGE_SIZE": "many"}
    done = subprocess.run(
        [sys.executable, "-m", "pronghorn", *arguments],
        cwd=tmp_path,
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == MESSAGE
